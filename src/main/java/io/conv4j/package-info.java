/** The root of the house: what every room may throw. */
@NullMarked
package io.conv4j;

import org.jspecify.annotations.NullMarked;
