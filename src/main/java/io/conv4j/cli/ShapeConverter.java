package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Shape;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 1x3x224x224} off the command line. */
final class ShapeConverter implements ITypeConverter<Shape> {
    @Override
    public Shape convert(String text) {
        try {
            return Shape.parse(text);
        } catch (Conv4jException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
