package io.conv4j.cli;

import io.conv4j.Conv4jException;

/** Everything ran, but a result is not what it should be. */
final class CheckFailed extends Conv4jException {
    CheckFailed(String message) {
        super(message);
    }
}
