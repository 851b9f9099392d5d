# The probe app on plain PSGI.

use v5.36;

use Cwd            qw(realpath);
use Digest::SHA    ();
use File::Basename qw(dirname);
use JSON::PP       qw(encode_json);
use Time::HiRes    qw(sleep);

# The folder of this very release, even if the link is turned while it is loaded.
use lib dirname(realpath(__FILE__));
use Probe;

my $GATE_POLL_SECONDS = 0.01;

my $probe = Probe->new('psgi');

my %routes = (
    'GET /'     => \&whoami,
    'GET /hold' => sub ($env, $query, $id) {
        my $is_over = $probe->gate($query->{gate}, $query->{ms} // 10_000);
        sleep $GATE_POLL_SECONDS until $is_over->();
        return whoami($env, $query, $id);
    },
    'GET /bytes' => sub ($env, $query, $id) {
        my @headers = ('Content-Type' => 'application/octet-stream', 'Content-Length' => $query->{n});
        my $next    = $probe->blocks($query->{n});
        return [200, \@headers, sub ($out) { while ((my $block = $next->()) ne '') { $out->write($block) } }];
    },
    'GET /stream' => sub ($env, $query, $id) {
        my ($chunks, $ms) = ($query->{chunks}, $query->{ms} // 0);
        return [200, ['Content-Type' => 'text/plain'], sub ($out) {
            for my $index (1 .. $chunks) {
                sleep $ms / 1000 if $index > 1;
                $out->write("chunk $index of $chunks\n");
            }
        }];
    },
    'POST /digest' => sub ($env, $query, $id) {
        my ($sha256, $length) = (Digest::SHA->new(256), 0);
        while ($env->{'psgi.input'}->read(my $block, 65_536)) {
            $sha256->add($block);
            $length += length $block;
        }
        return json(encode_json({length => $length, sha256 => $sha256->hexdigest}));
    },
    'GET /log' => sub ($env, $query, $id) {
        $probe->record('record', $id, '', $query->{bytes}) for 1 .. $query->{records};
        return whoami($env, $query, $id);
    },
    'GET /crash' => sub { kill KILL => $$ },
    'GET /child' => sub ($env, $query, $id) {
        $probe->child;
        return whoami($env, $query, $id);
    },
);

sub whoami ($env, $query, $id) { return json($probe->whoami($id)) }

sub json ($body) {
    my @headers = ('Content-Type' => 'application/json', 'Content-Length' => length $body);
    return [200, \@headers, sub ($out) { $out->write($body) }];
}

sub text ($status, $body) {
    my @headers = ('Content-Type' => 'text/plain', 'Content-Length' => length $body);
    return [$status, \@headers, sub ($out) { $out->write($body) }];
}

sub ($env) {
    my $title = "$env->{REQUEST_METHOD} $env->{PATH_INFO}";
    my $id    = $env->{HTTP_X_HUPSPEC_ID} // '';
    my %query = map { split /=/, $_, 2 } split /&/, $env->{QUERY_STRING};
    $probe->record('received', $id, $title);
    my $answer = eval { ($routes{$title} // sub { text(404, "no such page\n") })->($env, \%query, $id) }
        // text(400, $@);
    my ($status, $headers, $send) = @$answer;
    return sub ($respond) {
        my $out = $respond->([$status, [@$headers, $probe->headers($id)]]);
        $send->($out);
        $out->close;
        $probe->record('answered', $id, "$title $status");
    };
};
