package io.conv4j.tensor;

import io.conv4j.Conv4jException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tensors as numpy's .npy files (NEP 1, format versions 1.0 to 3.0): little-endian, C order, all types of
 * {@link DataType}. bf16, which numpy does not have, is stored as two raw bytes an element, {@code <V2}, as the ml_dtypes
 * package does.
 *
 * <p>Files are not trusted: nothing is allocated before the file's own length has confirmed what its header says.
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LARGEST_HEADER = 1 << 16;
    private static final int ALIGNMENT = 64;
    private static final Map<String, DataType> TYPES = Map.of(
            "<f4", DataType.F32,
            "<V2", DataType.BF16,
            "|u1", DataType.U8,
            "|i1", DataType.S8,
            "<i4", DataType.S32,
            "<i8", DataType.S64,
            "|b1", DataType.BOOL,
            "|V2", DataType.BF16);

    private Npy() {}

    /**
     * Reads a file.
     *
     * @throws Conv4jException if it is no .npy file, is damaged, or holds what a tensor cannot; the message names the file
     * @throws IOException if it cannot be read
     */
    public static Tensor read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer start = take(channel, MAGIC.length + 2, file);
            byte[] magic = new byte[MAGIC.length];
            start.get(magic);
            int version = start.get();
            if (!Arrays.equals(magic, MAGIC) || version < 1 || version > 3) {
                throw malformed(file, "it does not begin as a .npy file of version 1 to 3");
            }
            int length = version == 1
                    ? take(channel, 2, file).getShort() & 0xffff
                    : take(channel, 4, file).getInt();
            if (length < 0 || length > LARGEST_HEADER) {
                throw malformed(file, "its header claims " + Integer.toUnsignedString(length) + " bytes");
            }
            return data(
                    channel,
                    type(
                            StandardCharsets.UTF_8
                                    .decode(take(channel, length, file))
                                    .toString(),
                            file),
                    file);
        }
    }

    private static TensorType type(String header, Path file) {
        String descr = find("descr", "'([^']*)'", header, file);
        DataType type = TYPES.get(descr);
        if (type == null) {
            throw new Conv4jException(file + " holds numpy type '" + descr + "', supported are "
                    + TYPES.keySet().stream().sorted().collect(Collectors.joining(" "))
                    + ": convert it, as with numpy's astype('float32')");
        }
        if (find("fortran_order", "(True|False)", header, file).equals("True")) {
            throw new Conv4jException(
                    file + " is in Fortran order, C order is needed: save numpy.ascontiguousarray(array)");
        }
        try {
            return new TensorType(type, shape(find("shape", "\\(([\\d, L]*)\\)", header, file)));
        } catch (NumberFormatException e) {
            throw malformed(file, "its shape has an extent that is no number below 2^63");
        } catch (Conv4jException e) {
            throw new Conv4jException(file + ": " + e.getMessage(), e);
        }
    }

    private static Shape shape(String extents) {
        return Shape.ofLongs(Arrays.stream(extents.replace("L", "").split(",", -1))
                .map(String::trim)
                .filter(extent -> !extent.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray());
    }

    private static String find(String field, String value, String header, Path file) {
        Matcher matcher =
                Pattern.compile("['\"]" + field + "['\"]\\s*:\\s*" + value).matcher(header);
        if (!matcher.find()) {
            throw malformed(file, "its header has no " + field);
        }
        return matcher.group(1);
    }

    private static Tensor data(FileChannel channel, TensorType type, Path file) throws IOException {
        long there = channel.size() - channel.position();
        if (there != type.bytes()) {
            throw malformed(
                    file, "it has " + there + " bytes of data, " + type + " as its header says takes " + type.bytes());
        }
        Tensor tensor = Tensor.zeros(type);
        fill(channel, tensor.bytes(), file);
        if (type.type() == DataType.BOOL) {
            for (int i = 0; i < type.shape().elements(); i++) {
                tensor.set(i, tensor.get(i));
            }
        }
        return tensor;
    }

    private static ByteBuffer take(FileChannel channel, int bytes, Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, buffer, file);
        return buffer.flip();
    }

    private static void fill(FileChannel channel, ByteBuffer buffer, Path file) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw malformed(file, "it ends after " + channel.size() + " bytes");
            }
        }
    }

    private static Conv4jException malformed(Path file, String why) {
        return new Conv4jException(file + " is not a whole .npy file: " + why);
    }

    /** Writes a file of version 1.0 from the channel's position on. */
    public static void write(WritableByteChannel channel, Tensor tensor) throws IOException {
        writeAll(channel, header(tensor.type()));
        writeAll(channel, tensor.bytes());
    }

    private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The header is padded so that the data begin at a multiple of 64 bytes, as numpy does. */
    private static ByteBuffer header(TensorType type) {
        String descr = TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == type.type())
                .map(Map.Entry::getKey)
                .min(String::compareTo)
                .orElseThrow();
        String extents = Arrays.stream(type.shape().extents())
                .mapToObj(extent -> extent + ",")
                .collect(Collectors.joining(" "));
        String fields = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': ("
                + (type.shape().rank() > 1 ? extents.substring(0, extents.length() - 1) : extents) + "), }";
        int fixed = MAGIC.length + 4;
        int length = (fixed + fields.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - fixed;
        String padded = fields + " ".repeat(length - fields.length() - 1) + "\n";
        return ByteBuffer.allocate(fixed + length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) length)
                .put(padded.getBytes(StandardCharsets.US_ASCII))
                .flip();
    }
}
