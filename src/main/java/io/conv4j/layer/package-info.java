/**
 * Layer descriptors: what a layer computes, as records that cannot be built wrong, and what it makes of the shapes given
 * to it. All arithmetic on extents lives in {@link io.conv4j.layer.Axis} and {@link io.conv4j.layer.Window}. To add a
 * layer: write its record here, permit it in {@link io.conv4j.layer.Layer}, then its Java kernel, then its importer.
 */
@NullMarked
package io.conv4j.layer;

import org.jspecify.annotations.NullMarked;
