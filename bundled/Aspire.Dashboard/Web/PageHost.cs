using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Aspire.Dashboard.Web;

/// <summary>The page and its API.</summary>
internal static class PageHost
{
    // Everything comes from here and nothing is inline, so that no text from outside can ever become a script.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static WebApplication Build(int port, string token, DashboardContext dashboard)
    {
        var builder = LocalHost.CreateBuilder(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        var page = new PageFiles();
        var login = new Login(token, page);

        app.Use((context, next) => Guard(context, next, login));
        app.UseRouting();
        login.Map(app);
        app.MapResources(dashboard, app.Lifetime.ApplicationStopping);
        app.MapTelemetry(dashboard);
        app.MapChanges(dashboard, app.Lifetime.ApplicationStopping);
        app.MapGet("/{**path}", context => WriteFileAsync(context, page, login));
        return app;
    }

    private static Task Guard(HttpContext context, RequestDelegate next, Login login)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        if (!context.Request.Path.StartsWithSegments("/api"))
            return next(context);
        if (!login.IsLoggedIn(context))
            return Json.RefuseAsync(context, StatusCodes.Status401Unauthorized, "Log in with the link that the host printed.");
        return IsForeign(context.Request)
            ? Json.RefuseAsync(context, StatusCodes.Status403Forbidden, "Another page asked.")
            : next(context);
    }

    // A page on another port of this machine sends our cookie along; what it says its origin is gives it away.
    private static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{request.Scheme}://{request.Host}";

    private static Task WriteFileAsync(HttpContext context, PageFiles page, Login login)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        if (path.Length > 0 && path != "login.html" && path != "index.html" && page.Has(path))
            return page.WriteAsync(context, path);
        if (path.Length > 0)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (login.IsLoggedIn(context))
            return page.WriteAsync(context, "index.html");
        context.Response.Redirect("/login");
        return Task.CompletedTask;
    }
}
