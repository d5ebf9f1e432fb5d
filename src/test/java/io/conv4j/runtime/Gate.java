package io.conv4j.runtime;

import java.util.concurrent.CountDownLatch;

/** Holds whoever comes by until it is opened; those held are not to be moved by an interrupt, as native code is not. */
final class Gate implements Runnable {
    private final CountDownLatch somebody = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    @Override
    public void run() {
        somebody.countDown();
        boolean interrupted = false;
        while (true) {
            try {
                opened.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns when somebody has come. */
    void awaitSomebody() throws InterruptedException {
        somebody.await();
    }

    void open() {
        opened.countDown();
    }
}
