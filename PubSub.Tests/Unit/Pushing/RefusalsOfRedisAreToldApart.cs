using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;

namespace PubSub.Tests.Unit.Pushing;

/// <summary>What passes is waited for, and what concerns everybody too; only what one channel's keys are to blame for is final.</summary>
public sealed class RefusalsOfRedisAreToldApart
{
    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory")]
    [InlineData("READONLY You can't write against a read only replica. script: 5f, on @user_script:60.")]
    [InlineData("CLUSTERDOWN The cluster is down")]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'. script: 5f, on @user_script:60.")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.")]
    [InlineData("NOREPLICAS Not enough good replicas to write.")]
    [InlineData("NOSCRIPT No matching script. Please use EVAL.")]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot")]
    [InlineData("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")]
    [InlineData("NOPERM this user has no permissions to run the 'evalsha' command")]
    [InlineData("NOAUTH Authentication required.")]
    [InlineData("ERR Error running script (call to f_5f): @user_script:60: Script killed by user with SCRIPT KILL...")]
    [InlineData("ERR Error running script (call to f_5f): @user_script:60: @user_script: 60: -OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("ERR Unknown Redis command called from script script: 5f, on @user_script:60.")]
    [InlineData("ERR max number of clients reached")]
    public void What_may_pass_or_concerns_everybody_is_no_damage(string refusal) =>
        Assert.Null(ChannelDamage.Find(refusal, ChannelId.Room("a")));

    [Theory]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value script: 5f, on @user_script:60.")]
    [InlineData("ERR Error running script (call to f_5f): @user_script:60: WRONGTYPE Operation against a key holding the wrong kind of value")]
    [InlineData("ERR The ID specified in XADD is equal or smaller than the target stream top item script: 5f, on @user_script:60.")]
    [InlineData("ERR user_script:60: attempt to compare nil with number script: 5f, on @user_script:60.")]
    [InlineData("ERR Error running script (call to f_5f): @user_script:60: user_script:60: attempt to perform arithmetic on a nil value")]
    public void What_only_a_repair_ends_names_the_keys(string refusal)
    {
        Assert.Contains("{room:a}:position a hash, room:a a string. Delete", ChannelDamage.Find(refusal, ChannelId.Room("a")), StringComparison.Ordinal);
        Assert.Contains("{user:u}:position a hash. Delete", ChannelDamage.Find(refusal, ChannelId.User("u")), StringComparison.Ordinal);
    }
}
