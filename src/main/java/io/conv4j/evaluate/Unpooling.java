package io.conv4j.evaluate;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Tensor;

/** Puts elements where indices say. */
final class Unpooling {
    private Unpooling() {}

    /** In one thread: several elements may go to one place, and which stays is not to be a matter of chance. */
    static void maxUnpooling(Tensor src, Tensor indices, Tensor dst, Workers workers) {
        int elements = dst.shape().elements();
        workers.forEach(elements, 1, i -> dst.setLong(i, 0));
        Elements copies = new Elements(src, dst);
        for (int i = 0; i < src.shape().elements(); i++) {
            long index = indices.getLong(i);
            if (index < 0 || index >= elements) {
                throw new Conv4jException("MaxUnpooling: index " + index + " is not one of the " + elements
                        + " elements of dst " + dst.shape());
            }
            copies.copy(i, 1, (int) index, 1);
        }
    }
}
