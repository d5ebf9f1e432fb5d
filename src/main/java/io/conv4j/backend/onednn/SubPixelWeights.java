package io.conv4j.backend.onednn;

import io.conv4j.layer.Axis;
import io.conv4j.layer.TransposedConvolution;
import io.conv4j.layer.Window;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorSource;
import io.conv4j.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * The weights of the convolution that {@link SubPixel} makes of a transposed one: [Cin, Cout/groups, k…] becomes
 * [groups · phases · Cout/groups, Cin/groups, M+1 …]. Made while they are packed, and held by nobody.
 */
final class SubPixelWeights implements TensorSource {
    /** Elements at a time: each reading of weights that are to be scaled takes memory of its own. */
    private static final int READ = 1 << 16;

    private final Tensor given;
    private final TensorType type;
    private final int groups;
    private final int phases;
    private final int madeTaps;

    /** By tap of the given kernel: the phase it belongs to, and the tap of the made kernel that it becomes. */
    private final int[] phaseOf;

    private final int[] tapOf;

    private SubPixelWeights(TransposedConvolution layer, Window made, Tensor given, Shape shape) {
        this.given = given;
        this.type = new TensorType(given.dataType(), shape);
        this.groups = layer.groups();
        this.madeTaps = made.taps();
        int taps = layer.window().taps();
        this.phaseOf = new int[taps];
        this.tapOf = new int[taps];
        int product = 1;
        for (Axis axis : layer.window().axes()) {
            product *= axis.stride();
        }
        this.phases = product;
        for (int tap = 0; tap < taps; tap++) {
            int rest = taps;
            for (int i = 0; i < made.rank(); i++) {
                Axis axis = layer.window().axis(i);
                rest /= axis.kernel();
                int reach = axis.dilation() * (tap / rest % axis.kernel());
                phaseOf[tap] = phaseOf[tap] * axis.stride() + reach % axis.stride();
                int kernel = made.axis(i).kernel();
                tapOf[tap] = tapOf[tap] * kernel + kernel - 1 - reach / axis.stride();
            }
        }
    }

    /**
     * The weights.
     *
     * @param layer the transposed convolution
     * @param made the window of the convolution
     * @param given weights of the former
     * @param shape of the weights of the latter
     */
    static Tensor of(TransposedConvolution layer, Window made, Tensor given, Shape shape) {
        SubPixelWeights weights = new SubPixelWeights(layer, made, given, shape);
        return Tensor.deferred(weights.type, weights);
    }

    @Override
    public void read(long offset, ByteBuffer dst) {
        if (offset == 0 && dst.remaining() == type.bytes()) {
            fill(dst.slice().order(ByteOrder.nativeOrder()).asFloatBuffer());
            dst.position(dst.limit());
            return;
        }
        Tensor whole = Tensor.zeros(type);
        fill(whole.floats());
        whole.copyTo(offset, dst);
    }

    private void fill(FloatBuffer to) {
        float[] zeros = new float[1024];
        for (int i = 0; i < to.limit(); i += zeros.length) {
            to.put(i, zeros, 0, Math.min(zeros.length, to.limit() - i));
        }
        int inputs = given.shape().extent(0) / groups;
        int outputs = given.shape().extent(1);
        int row = outputs * phaseOf.length;
        int all = given.shape().extent(0);
        int some = Math.min(all, Math.max(1, READ / row));
        ByteBuffer bytes = ByteBuffer.allocateDirect(some * row * Float.BYTES).order(ByteOrder.nativeOrder());
        float[] from = new float[row];
        for (int ic = 0; ic < all; ic++) {
            if (ic % some == 0) {
                int count = Math.min(some, all - ic);
                given.copyTo((long) ic * row * Float.BYTES, bytes.clear().limit(count * row * Float.BYTES));
            }
            bytes.position(ic % some * row * Float.BYTES);
            bytes.asFloatBuffer().get(from);
            int group = ic / inputs;
            for (int tap = 0; tap < phaseOf.length; tap++) {
                int madeOutput = (group * phases + phaseOf[tap]) * outputs;
                scatter(from, tap, to, (madeOutput * inputs + ic % inputs) * madeTaps + tapOf[tap], inputs * madeTaps);
            }
        }
    }

    /** One tap of all outputs: from every so many-th place to every {@code stride}-th. */
    private void scatter(float[] from, int tap, FloatBuffer to, int first, int stride) {
        int taps = phaseOf.length;
        int at = first;
        for (int i = tap; i < from.length; i += taps) {
            to.put(at, from[i]);
            at += stride;
        }
    }
}
