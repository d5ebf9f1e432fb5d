package io.conv4j.golden;

import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads numpy's .npy files as the goldens use them: little-endian f4 or i8, C order (NEP 1, format versions 1 to 3). */
final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Pattern HEADER = Pattern.compile(
            "\\{'descr': '(<f4|<i8)', 'fortran_order': False, 'shape': \\(((?:\\d+,? ?)*)\\),? ?\\}\\s*");

    private Npy() {}

    static Tensor read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        bytes.get(magic);
        int version = bytes.getShort() & 0xff;
        byte[] header = new byte[version == 1 ? bytes.getShort() & 0xffff : bytes.getInt()];
        bytes.get(header);
        Matcher matcher = HEADER.matcher(new String(header, StandardCharsets.US_ASCII));
        if (!Arrays.equals(magic, MAGIC) || !matcher.matches()) {
            throw new IOException(file + " is no .npy of <f4 or <i8 in C order");
        }
        Shape shape = Shape.of(Pattern.compile("\\d+")
                .matcher(matcher.group(2))
                .results()
                .mapToInt(extent -> Integer.parseInt(extent.group()))
                .toArray());
        Tensor tensor = Tensor.zeros(matcher.group(1).equals("<f4") ? DataType.F32 : DataType.S64, shape);
        if (bytes.remaining() != tensor.type().bytes()) {
            throw new IOException(file + " has " + bytes.remaining() + " bytes of data, its header says " + tensor);
        }
        tensor.bytes().put(bytes);
        return tensor;
    }
}
