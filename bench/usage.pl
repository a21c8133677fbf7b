# Run a program and say on descriptor 3 what the kernel counted for it (wait4(2)): wall seconds, CPU seconds
# (user and system), peak memory in KiB, wait status. A small process of its own does that, because the peak
# of a program begins with the size of the process that forked it.
#
# usage: usage.pl NUMBER_OF_WAIT4 NUMBER_OF_CLOCK_GETTIME PROGRAM [ARGUMENT ...]
use strict;
use warnings;

my ($wait4, $clock_gettime, @command) = @ARGV;
$wait4 += 0;
$clock_gettime += 0;
open my $report, '>&=', 3 or die "cannot open descriptor 3: $!";

sub monotonic {
  my $time = pack 'q2', 0, 0;
  syscall($clock_gettime, 1, $time);
  my ($seconds, $nanoseconds) = unpack 'q2', $time;
  return $seconds + $nanoseconds / 1e9;
}

my $start = monotonic();
my $pid = fork() // die "cannot fork: $!";
if ($pid == 0) {
  close $report;
  exec { $command[0] } @command or die "cannot run $command[0]: $!";
}
my ($status, $usage) = (pack('i', 0), pack('q18', (0) x 18));
my $ended = syscall($wait4, $pid, $status, 0, $usage);
my $wall = monotonic() - $start;
die "cannot wait for $command[0]: $!" if $ended != $pid;
my ($user, $userMicros, $system, $systemMicros, $peak) = unpack 'q18', $usage;
my $cpu = $user + $system + ($userMicros + $systemMicros) / 1e6;
printf {$report} "%.6f %.6f %d %d\n", $wall, $cpu, $peak, unpack('i', $status);
