<?php

declare(strict_types=1);

/*
 * Declares nothing, for it is read again from whichever release is in force: a function that the release before has declared for
 * all requests can't be declared once more.
 */

answer();
