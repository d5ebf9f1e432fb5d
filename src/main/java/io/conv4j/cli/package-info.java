/**
 * The command line: one class a command, {@link io.conv4j.cli.Main} the way in. The only room that prints. Results go to
 * stdout, everything else to stderr; wrong usage and bad input are told in one line. Files appear under their names only
 * when they are complete.
 */
@NullMarked
package io.conv4j.cli;

import org.jspecify.annotations.NullMarked;
