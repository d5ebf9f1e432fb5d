/** What can be said of a network without running it. Reads graphs only. */
@NullMarked
package io.conv4j.analysis;

import org.jspecify.annotations.NullMarked;
