package io.conv4j.backend;

/** In what precision f32 tensors are held and multiplied while a plan runs. Inputs and outputs stay f32. */
public enum Precision {
    /** As they are: 24 bits. */
    F32,
    /** bfloat16, 8 bits, summed in f32: half the memory, twice the products a second where the CPU has units for it. */
    BF16;

    /** The name as printed: {@code bf16}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
