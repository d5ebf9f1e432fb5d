/**
 * From a graph to a plan: passes that simplify the graph, fusion into steps, memory by lifetime. Pure: no back end, no
 * native code; a pass is one file and is tested with and without.
 */
@NullMarked
package io.conv4j.compile;

import org.jspecify.annotations.NullMarked;
