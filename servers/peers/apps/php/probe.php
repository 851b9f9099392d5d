<?php

declare(strict_types=1);

/*
 * The probe contract, version 1. PHP keeps nothing between requests but these functions, which are loaded before the first one
 * (preload.php): __DIR__ is the folder of the release that they were loaded from, wherever the link points to by now.
 */

function answer(): void
{
    global $id, $release;
    $release = json_decode(file_get_contents(__DIR__ . '/release.json'), true, flags: JSON_THROW_ON_ERROR);
    $id = $_SERVER['HTTP_X_HUPSPEC_ID'] ?? '';
    $title = $_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

    header("x-hupspec-generation: {$release['generation']}");
    header('x-hupspec-worker: ' . getmypid());
    header("x-hupspec-id: $id");
    header('Content-Type: application/json');
    record('received', $title);
    try {
        match ($title) {
            'GET /' => whoami(),
            'GET /hold' => hold(basename($_GET['gate']), (int) ($_GET['ms'] ?? 10_000)),
            'GET /bytes' => bytes((int) $_GET['n']),
            'GET /stream' => stream((int) $_GET['chunks'], (int) ($_GET['ms'] ?? 0)),
            'POST /digest' => digest(),
            'GET /log' => burst((int) $_GET['records'], (int) $_GET['bytes']),
            'GET /crash' => posix_kill(getmypid(), 9),
            'GET /child' => child(),
            'GET /events' => events((int) ($_GET['ms'] ?? 1000)),
            default => http_response_code(404),
        };
    } finally {
        record('answered', "$title " . http_response_code());
    }
}

function whoami(): void
{
    global $id, $release;
    ['generation' => $generation, 'setting' => $setting] = $release;
    send(json_encode(['app' => 'php', 'generation' => $generation, 'worker' => getmypid(), 'id' => $id, 'setting' => $setting]));
}

function hold(string $gate, int $ms): void
{
    $file = getenv('HUPSPEC_GATES') . "/$gate";
    $deadline = hrtime(true) + $ms * 1_000_000;
    touch("$file.entered");
    // What PHP knows of a file that is not there, it does not keep.
    while (!file_exists("$file.open") && hrtime(true) < $deadline) {
        usleep(10_000);
    }
    whoami();
}

function bytes(int $length): void
{
    header('Content-Type: application/octet-stream');
    header("Content-Length: $length");
    for ($block = str_repeat('0123456789abcdef', 4096); $length > 0; $length -= strlen($block)) {
        echo substr($block, 0, $length);
        flush();
    }
}

function stream(int $chunks, int $ms): void
{
    header('Content-Type: text/plain');
    for ($index = 1; $index <= $chunks; $index++) {
        usleep($index > 1 ? $ms * 1000 : 0);
        echo "chunk $index of $chunks\n";
        flush();
    }
}

function digest(): void
{
    $sha256 = hash_init('sha256');
    $length = hash_update_stream($sha256, fopen('php://input', 'rb'));
    send(json_encode(['length' => $length, 'sha256' => hash_final($sha256)]));
}

function burst(int $records, int $bytes): void
{
    for (; $records > 0; $records--) {
        record('record', '', $bytes);
    }
    whoami();
}

function child(): void
{
    exec('sleep 300 > /dev/null 2>&1 &');
    whoami();
}

/** Until the client leaves, which ends the script. */
function events(int $ms): void
{
    global $release;
    header('Content-Type: text/event-stream');
    for ($index = 0; !connection_aborted(); $index++) {
        echo "id: $index\ndata: {\"generation\":{$release['generation']},\"index\":$index}\n\n";
        flush();
        usleep($ms * 1000);
    }
}

function send(string $body): void
{
    header('Content-Length: ' . strlen($body));
    echo $body;
}

/** One record is one line and one write; $size counts all its bytes. No counter outlives a request, so each is a writer of its own. */
function record(string $event, string $msg, int $size = 0): void
{
    global $id, $release;
    static $seq = 0, $log = null, $writer = null;
    $log ??= fopen(log_file(), 'ab');
    $writer ??= getmypid() . '-' . bin2hex(random_bytes(6));
    $fields = [
        'time' => (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z'),
        'level' => 'info', 'app' => 'php', 'pid' => getmypid(), 'generation' => $release['generation'],
        'writer' => $writer, 'seq' => $seq++, ...($id === '' ? [] : ['id' => $id]), 'event' => $event, 'msg' => $msg,
    ];
    $line = substr(json_encode($fields, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), 0, -1);
    // The message stands last: what is missing goes in before its closing quote.
    $missing = max(0, $size - strlen($line) - strlen(",\"sum\":\"00000000\"}\n"));
    $unit = 'é漢😀 ';
    $filler = str_repeat($unit, intdiv($missing, strlen($unit))) . str_repeat('.', $missing % strlen($unit));
    $line = substr($line, 0, -1) . "$filler\"";
    fwrite($log, "$line,\"sum\":\"" . hash('crc32b', $line) . "\"}\n");
}

/** A folder that somebody took away is made anew, as loggers for PHP do it: the record would be lost, and with it the answer. */
function log_file(): string
{
    $file = getenv('HUPSPEC_LOG');
    if ($file === false) {
        return 'php://stderr';
    }
    if (!is_dir(dirname($file))) {
        // Another worker may be first.
        @mkdir(dirname($file), 0700, true);
    }
    return $file;
}
