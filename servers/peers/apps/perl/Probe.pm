package Probe;

# The probe contract, version 1, without a framework: the release, the log, and what the routes have in common.

use v5.36;

use Compress::Raw::Zlib qw(crc32);
use Cwd                 qw(realpath);
use File::Basename      qw(dirname);
use JSON::PP ();
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

# Beside this file, wherever it was loaded from: code of an old release must not pass for the new one.
my $RELEASE = dirname(realpath(__FILE__));

my $json  = JSON::PP->new->utf8->canonical;
my $BLOCK = '0123456789abcdef' x 4096;
my $SUM_BYTES = length qq(,"sum":"00000000"}\n);

# Nobody may read the log any more; a write then fails, and the server lives on.
$SIG{PIPE} = 'IGNORE';

sub new ($class, $app) {
    my $release = $json->decode(slurp("$RELEASE/release.json"));
    boot($release->{boot} // {});
    my %facts = (app => $app, generation => $release->{generation}, setting => $release->{setting} // '');
    return bless {%facts, gates => $ENV{HUPSPEC_GATES} // 'gates', pid => 0}, $class;
}

# Loads well, badly, late or never, as the release says.
sub boot ($plan) {
    my $mode = $plan->{mode} // 'ok';
    die "this release fails to load, as release.json asks for\n" if $mode eq 'fail';
    sleep 3600 while $mode eq 'hang';
    sleep $plan->{delayMs} / 1000 if $mode eq 'delay';
}

# What every answer carries.
sub headers ($self, $id) {
    return ('x-hupspec-generation' => $self->{generation}, 'x-hupspec-worker' => $$, 'x-hupspec-id' => $id);
}

sub whoami ($self, $id) {
    return $json->encode({%$self{qw(app generation setting)}, worker => $$ + 0, id => $id});
}

# Says that the gate was entered; returns a sub that tells whether it is open, or the time is over.
sub gate ($self, $name, $ms) {
    die "gate: expected a name\n" unless ($name // '') =~ /\A[\w.-]+\z/;
    my $deadline = time + $ms / 1000;
    open my $entered, '>', "$self->{gates}/$name.entered" or die "$name.entered: $!\n";
    return sub { -e "$self->{gates}/$name.open" || time >= $deadline };
}

# Hands out that many bytes block by block, then nothing.
sub blocks ($self, $left) {
    return sub {
        my $block = $left >= length $BLOCK ? $BLOCK : substr $BLOCK, 0, $left;
        $left -= length $block;
        return $block;
    };
}

sub child ($self) {
    my $pid = fork // die "fork: $!\n";
    return if $pid;
    { exec 'sleep', '300' }
    POSIX::_exit(1);
}

# One record is one line and one write. $size counts all its bytes, the newline included.
sub record ($self, $event, $id, $msg, $size = 0) {
    # Not in new: an application that was loaded before the fork lives on in many processes.
    @$self{qw(pid writer seq)} = ($$, sprintf('%d-%08x', $$, rand 2**32), 0) if $self->{pid} != $$;
    my $now  = time;
    my $time = strftime('%Y-%m-%dT%H:%M:%S', gmtime $now) . sprintf '.%03dZ', ($now - int $now) * 1000;
    my @fields = (
        [time => $time], [level => 'info'], [app => $self->{app}], [pid => $$ + 0],
        [generation => $self->{generation}], [writer => $self->{writer}], [seq => $self->{seq}++],
        $id eq '' ? () : [id => $id], [event => $event], [msg => $msg],
    );
    my $line = '{' . join ',', map { qq("$_->[0]":) . JSON::PP->new->utf8->allow_nonref->encode($_->[1]) } @fields;
    # The message stands last: what is missing goes in before its closing quote.
    substr $line, -1, 0, filler($size - length($line) - $SUM_BYTES) if $size;
    syswrite STDERR, sprintf qq(%s,"sum":"%08x"}\n), $line, crc32($line);
}

# Bytes of UTF-8, most of them in characters of two, three and four bytes.
sub filler ($size) {
    return '' if $size <= 0;
    my $unit = "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80 ";
    return $unit x ($size / length $unit) . '.' x ($size % length $unit);
}

sub slurp ($file) {
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return <$in>;
}

1;
