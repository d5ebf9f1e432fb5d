/**
 * A network as a graph of layers with all shapes known: {@link io.conv4j.graph.Graph}, written by hand with
 * {@link io.conv4j.graph.GraphBuilder} or made by an importer.
 */
@NullMarked
package io.conv4j.graph;

import org.jspecify.annotations.NullMarked;
