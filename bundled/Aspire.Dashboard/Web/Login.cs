using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aspire.Dashboard.Web;

/// <summary>
/// Who has the token may see everything. The link carries it once; from then on the browser has a cookie, which is made
/// of the token and does not give it away: a browser shows the cookies of one port of this machine to all others.
/// </summary>
internal sealed class Login(string token, PageFiles page)
{
    public const string TokenHeader = "x-dashboard-token";

    private const string Wrong = "That is not the token of this dashboard. It changes with each start.";

    private readonly string _session = Secrets.Derive(token, "dashboard session");

    public bool IsLoggedIn(HttpContext context) =>
        Secrets.AreEqual(context.Request.Cookies[CookieName(context)], _session)
        || Secrets.AreEqual(context.Request.Headers[TokenHeader], token);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/login", context =>
        {
            if (context.Request.Query["t"].ToString() is not { Length: > 0 } given)
                return page.WriteLoginAsync(context, "");
            if (!Secrets.AreEqual(given, token))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return page.WriteLoginAsync(context, Wrong);
            }

            context.Response.Cookies.Append(CookieName(context), _session, new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Path = "/",
                MaxAge = TimeSpan.FromDays(7),
            });
            context.Response.Redirect("/");
            return Task.CompletedTask;
        });
    }

    // Cookies know no ports; two dashboards on one machine must not overwrite each other's.
    private static string CookieName(HttpContext context) => $"dashboard-{context.Connection.LocalPort}";
}
