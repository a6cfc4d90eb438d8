using Microsoft.Extensions.DependencyInjection;

namespace PubSub.ServiceDefaults.Feeds;

public static class FeedServices
{
    /// <summary>Feeds, and the way to watch them.</summary>
    /// <typeparam name="T">An entry.</typeparam>
    /// <typeparam name="TFeeds">Where they are kept.</typeparam>
    public static IServiceCollection AddFeeds<T, TFeeds>(this IServiceCollection services)
        where TFeeds : class, IFeeds<T> => services
        .AddSingleton<TFeeds>()
        .AddSingleton<IFeeds<T>>(static provider => provider.GetRequiredService<TFeeds>())
        .AddSingleton<FeedWatch<T>>();
}
