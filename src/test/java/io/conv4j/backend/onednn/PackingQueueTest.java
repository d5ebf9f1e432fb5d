package io.conv4j.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.conv4j.Conv4jException;
import io.conv4j.backend.purejava.JavaKernels;
import io.conv4j.nativelib.NativeMemory;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import io.conv4j.tensor.TensorType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PackingQueueTest {
    private static final int ELEMENTS = 3;

    @BeforeEach
    void loadsTheLibrary() {
        assertThat(new OnednnBackend(JavaKernels::run).availability().available())
                .isTrue();
    }

    private static Buffer constant(float number, int elements) {
        return Buffer.deferred(Tensor.deferred(new TensorType(DataType.F32, Shape.of(elements)), (offset, dst) -> {
            while (dst.hasRemaining()) {
                dst.putFloat(number);
            }
        }));
    }

    private static void add(PackingQueue queue, float number, Packing packing) {
        Buffer constant = constant(number, ELEMENTS);
        queue.add(constant, 0, constant.bytes, packing);
    }

    private static float numberAt(long address) {
        return NativeMemory.viewOf(address, Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .getFloat(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void packsInOrder(int threads) {
        PackingQueue queue = new PackingQueue(threads);
        List<Float> packed = Collections.synchronizedList(new ArrayList<>());
        List<Float> added = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            added.add((float) i);
            add(queue, i, from -> packed.add(numberAt(from)));
        }
        queue.await();
        assertThat(packed).isEqualTo(added);
        queue.stop();
    }

    @Test
    void packsAtOnceWithOneThread() {
        PackingQueue queue = new PackingQueue(1);
        Thread[] packer = new Thread[1];
        add(queue, 1, from -> packer[0] = Thread.currentThread());
        assertThat(packer[0]).isSameAs(Thread.currentThread());
        queue.await();
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "1048576, 2"})
    void packsWhileTheCallerGoesOnAndLeavesItOneThread(int elements, int packers) throws InterruptedException {
        PackingQueue queue = new PackingQueue(3);
        List<Integer> threads = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch first = new CountDownLatch(1);
        Buffer constant = constant(1, elements);
        queue.add(constant, 0, constant.bytes, from -> {
            threads.add(NativeNetwork.getThreads());
            first.countDown();
        });
        first.await();
        assertThat(threads).containsExactly(packers);
        queue.await();
    }

    @Test
    void throwsWhatPackingThrewAndPacksNothingAfterwards() {
        PackingQueue queue = new PackingQueue(2);
        Conv4jException failure = new Conv4jException("no room");
        AtomicBoolean later = new AtomicBoolean();
        add(queue, 1, from -> {
            throw failure;
        });
        add(queue, 2, from -> later.set(true));
        assertThatThrownBy(queue::await).isSameAs(failure);
        assertThat(later).isFalse();
        queue.stop();
    }

    @Test
    void stopsWhenTheRunningOneIsDone() throws InterruptedException {
        PackingQueue queue = new PackingQueue(2);
        CountDownLatch running = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        AtomicBoolean later = new AtomicBoolean();
        add(queue, 1, from -> {
            running.countDown();
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            done.set(true);
        });
        add(queue, 2, from -> later.set(true));
        running.await();
        queue.stop();
        assertThat(done)
                .as("stop() must wait for what uses memory that is released next")
                .isTrue();
        assertThat(later).isFalse();
        queue.stop();
    }

    @Test
    void saysWhatTheNativeSideRefuses() {
        PackingQueue queue = new PackingQueue(2);
        add(queue, 1, new Packing.ByKernel(NativeNetwork.KERNEL_INDIRECT_WEIGHTS, new long[0], "weights of fc", 0));
        assertThatThrownBy(queue::await)
                .isInstanceOf(Conv4jException.class)
                .hasMessage("the native program refused weights of fc");
        queue.stop();
    }
}
