package io.conv4j.cli;

import java.util.concurrent.Callable;

/**
 * A command that is not part of the library but found on the class path by {@link java.util.ServiceLoader}, as the
 * benchmarks are. Implementations are annotated for picocli and return the exit code.
 */
public interface ExtraCommand extends Callable<Integer> {}
