using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() =>
        builder.AddResource(new ProjectResource(name))
            .WithAnnotation(new TProject())
            .WithOtlpExporter()
            .WithPortVariables();

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
        builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>ASP.NET Core hears of every http endpoint that has no variable of its own.</summary>
    private static IResourceBuilder<ProjectResource> WithPortVariables(this IResourceBuilder<ProjectResource> builder) =>
        builder.WithEnvironment(context =>
        {
            var endpoints = builder.Resource.GetEndpoints()
                .Where(endpoint => endpoint.IsHttp && endpoint.EndpointAnnotation.Variable is null)
                .ToArray();
            if (context.ExecutionContext.IsPublishMode)
            {
                if (builder.Resource.GetEndpoints().Any())
                    context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
                if (endpoints.Length > 0)
                    context.EnvironmentVariables["HTTP_PORTS"] = Joined(endpoints, EndpointProperty.TargetPort);
            }
            else if (endpoints.Length > 0)
            {
                context.EnvironmentVariables["ASPNETCORE_URLS"] = Joined(endpoints, EndpointProperty.Url);
            }
        });

    private static ReferenceExpression Joined(EndpointReference[] endpoints, EndpointProperty property)
    {
        var text = new ReferenceExpressionBuilder();
        foreach (var endpoint in endpoints)
        {
            if (!text.IsEmpty)
                text.AppendLiteral(";");
            text.AppendFormatted(endpoint.Property(property));
        }

        return text.Build();
    }
}
