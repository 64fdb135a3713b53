# Sends a report to HOST:PORT over TCP; dies with what the socket says.
use strict; use warnings;
use IO::Socket::INET;
my ($host, $port) = @ENV{qw(REPORT_HOST REPORT_PORT)};
print "exporting to $host:$port\n";
my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => 'tcp', Timeout => 5)
    or die "cannot connect to $host:$port: $@\n";
print $socket "report\n";
print "done\n";
