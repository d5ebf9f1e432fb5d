/**
 * What a back end is: it says whether it is there, which steps it runs, and prepares a plan into something that runs many
 * times. Back ends lie in rooms of their own and do not know each other.
 */
@NullMarked
package io.conv4j.backend;

import org.jspecify.annotations.NullMarked;
