package io.conv4j.compile;

import io.conv4j.graph.Graph;

/**
 * One way to make a graph simpler without changing what it computes. Inputs and outputs stay the same values. Returns the
 * very graph it was given if there was nothing to do.
 */
interface Pass {
    Graph apply(Graph graph);
}
