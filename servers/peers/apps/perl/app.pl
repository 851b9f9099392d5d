#!/usr/bin/env perl

# The probe app on Mojolicious, which holds, streams and sends events without blocking.

use Mojolicious::Lite -signatures;

use Cwd            qw(realpath);
use Digest::SHA    ();
use File::Basename qw(dirname);
use Mojo::IOLoop;

# The folder of this very release, even if the link is turned while it is loaded.
use lib dirname(realpath(__FILE__));
use Probe;

my $GATE_POLL_SECONDS = 0.01;

my $probe = Probe->new('mojolicious');

# Its own records would stand between those of the contract, in another format.
app->log->level('fatal');
app->max_request_size(0);
app->config(hypnotoad => {
    listen             => [$ENV{LISTEN}],
    workers            => $ENV{WORKERS},
    pid_file           => $ENV{PID_FILE},
    accepts            => 0,
    graceful_timeout   => $ENV{DRAIN_SECONDS} // 30,
    inactivity_timeout => 120,
});

hook before_dispatch => sub ($c) {
    my $id = $c->req->headers->header('x-hupspec-id') // '';
    my ($title, %headers) = ($c->req->method . ' ' . $c->req->url->path, $probe->headers($id));
    $c->stash(id => $id);
    $c->res->headers->header($_ => $headers{$_}) for keys %headers;
    $probe->record('received', $id, $title);
    # After the work, which is over when the body has been sent.
    $c->tx->on(finish => sub ($tx) { $probe->record('answered', $id, "$title " . ($tx->res->code // 0)) });
};

sub whoami ($c) { $c->render(data => $probe->whoami($c->stash('id')), format => 'json') }

get '/' => \&whoami;

get '/hold' => sub ($c) {
    my $is_over = $probe->gate($c->param('gate'), $c->param('ms') // 10_000);
    $c->render_later;
    my $timer;
    $timer = Mojo::IOLoop->recurring($GATE_POLL_SECONDS => sub ($loop) {
        return unless $is_over->();
        $loop->remove($timer);
        whoami($c);
    });
};

get '/bytes' => sub ($c) {
    my $next = $probe->blocks($c->param('n'));
    # An empty chunk would end a body that is empty already.
    return $c->render(data => '') unless $c->param('n');
    $c->res->headers->content_type('application/octet-stream')->content_length($c->param('n'));
    my $write = sub ($c, @) {
        my $block = $next->();
        $c->write($block, $block eq '' ? () : __SUB__);
    };
    $write->($c);
};

get '/stream' => sub ($c) {
    my ($chunks, $ms, $index) = ($c->param('chunks'), $c->param('ms') // 0, 0);
    $c->res->headers->content_type('text/plain');
    my $write = sub {
        return $c->finish if ++$index > $chunks;
        $c->write_chunk("chunk $index of $chunks\n");
        Mojo::IOLoop->timer($index < $chunks ? $ms / 1000 : 0, __SUB__);
    };
    $write->();
};

post '/digest' => sub ($c) {
    my ($body, $sha256, $length) = ($c->req->content->asset, Digest::SHA->new(256), 0);
    while ((my $block = $body->get_chunk($length)) ne '') {
        $sha256->add($block);
        $length += length $block;
    }
    $c->render(json => {length => $length, sha256 => $sha256->hexdigest});
};

get '/log' => sub ($c) {
    $probe->record('record', $c->stash('id'), '', $c->param('bytes')) for 1 .. $c->param('records');
    whoami($c);
};

get '/crash' => sub { kill KILL => $$ };

get '/child' => sub ($c) {
    $probe->child;
    whoami($c);
};

get '/events' => sub ($c) {
    my ($seconds, $index) = (($c->param('ms') // 1000) / 1000, 0);
    $c->res->headers->content_type('text/event-stream');
    $c->write;
    my $timer = Mojo::IOLoop->recurring($seconds => sub {
        $c->write(sprintf qq(id: %d\ndata: {"generation":%d,"index":%d}\n\n), $index, $probe->{generation}, $index);
        $index++;
    });
    $c->on(finish => sub { Mojo::IOLoop->remove($timer) });
};

websocket '/ws' => sub ($c) {
    $c->on(text   => sub ($c, $bytes) { $c->send({text   => $bytes}) });
    $c->on(binary => sub ($c, $bytes) { $c->send({binary => $bytes}) });
};

app->start;
