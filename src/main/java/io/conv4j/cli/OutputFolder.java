package io.conv4j.cli;

import io.conv4j.Conv4jException;
import io.conv4j.tensor.Npy;
import io.conv4j.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A folder for results. It is made when the first is written, so that a run that fails leaves nothing behind. */
final class OutputFolder {
    private static final int LONGEST_NAME = 120;

    private final Path folder;
    private final Set<String> taken = new HashSet<>();

    private OutputFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Takes a folder, which need not exist.
     *
     * @throws Conv4jException if it could not be written to
     */
    static OutputFolder at(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing)) {
            @Nullable Path parent = existing.getParent();
            if (parent == null) {
                break;
            }
            existing = parent;
        }
        if (!Files.isDirectory(existing)) {
            throw new Conv4jException("cannot write to folder " + folder + ": " + existing + " is no folder");
        }
        if (!Files.isWritable(existing)) {
            throw new Conv4jException("cannot write to folder " + folder + ": " + existing + " is not writable");
        }
        return new OutputFolder(folder);
    }

    /** Writes a tensor as .npy under a name as near to the given one as file systems allow. */
    Path write(String name, Tensor tensor) {
        Path file = place(safe(name) + ".npy");
        WholeFile.write(file, stream -> Npy.write(Channels.newChannel(stream), tensor));
        return file;
    }

    /** Writes a picture as PNG. */
    Path write(String name, BufferedImage picture) {
        Path file = place(safe(name) + ".png");
        Picture.write(file, picture);
        return file;
    }

    private Path place(String fileName) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new Conv4jException("cannot make folder " + folder + ": " + Main.describe(e), e);
        }
        return folder.resolve(fileName);
    }

    /** Letters, digits, dot, dash and underscore stay, all else becomes an underscore; every name is given once. */
    String safe(String name) {
        String safe = name.replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^\\.+", "_");
        safe = safe.isEmpty() ? "output" : safe.substring(0, Math.min(LONGEST_NAME, safe.length()));
        String unique = safe;
        // Some file systems do not tell upper from lower case.
        for (int n = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); n++) {
            unique = safe + "_" + n;
        }
        return unique;
    }
}
