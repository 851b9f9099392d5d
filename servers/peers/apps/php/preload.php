<?php

declare(strict_types=1);

// Runs once when the master starts or reloads (opcache.preload): this is when a release is loaded.

$boot = json_decode(file_get_contents(__DIR__ . '/release.json'), true, flags: JSON_THROW_ON_ERROR)['boot'] ?? [];

match ($boot['mode'] ?? 'ok') {
    'fail' => throw new RuntimeException('this release fails to load, as release.json asks for'),
    'hang' => sleep(PHP_INT_MAX),
    'delay' => usleep(1000 * ($boot['delayMs'] ?? 0)),
    default => null,
};

// Declared for all requests from here on, of this release until the next one is loaded.
opcache_compile_file(__DIR__ . '/probe.php');
