/** Native memory and native libraries as values: allocation with one owner, and loads that report instead of failing. */
@NullMarked
package io.conv4j.nativelib;

import org.jspecify.annotations.NullMarked;
