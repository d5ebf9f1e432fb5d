package io.conv4j.backend;

/**
 * The memory in which a run keeps the tensors between its steps, scratchpads included.
 *
 * @param bytes its size
 * @param lowerBound the largest sum of bytes that live at one step: no placement takes less
 */
public record Arena(long bytes, long lowerBound) {}
