package io.conv4j.golden;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.conv4j.tensor.DataType;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * ONNX Runtime with our tensors: the outside judge of results and the rival in benchmarks. Threads within an operator as
 * given, operators one after the other. Tensors are handed over without a copy. Any number of threads may run
 * at a time, each what it has bound itself.
 */
public final class OnnxRuntime implements AutoCloseable {
    /** What is asked of ONNX Runtime. */
    public enum Mode {
        /** The graph as it is written: for judging. */
        PLAIN(OrtSession.SessionOptions.OptLevel.NO_OPT),
        /** All optimisations: for racing. */
        FASTEST(OrtSession.SessionOptions.OptLevel.ALL_OPT);

        private final OrtSession.SessionOptions.OptLevel level;

        Mode(OrtSession.SessionOptions.OptLevel level) {
            this.level = level;
        }
    }

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final OrtSession session;

    private OnnxRuntime(OrtSession session) {
        this.session = session;
    }

    /** Makes a session of a model. */
    @FunctionalInterface
    private interface Loading {
        OrtSession load(OrtSession.SessionOptions options) throws OrtException;
    }

    /** Loads a model. */
    public static OnnxRuntime open(byte[] model, Mode mode, int intraOpThreads) {
        return open(options -> ENVIRONMENT.createSession(model, options), mode, intraOpThreads);
    }

    /** Loads a file. */
    public static OnnxRuntime open(Path model, Mode mode, int intraOpThreads) {
        return open(options -> ENVIRONMENT.createSession(model.toString(), options), mode, intraOpThreads);
    }

    private static OnnxRuntime open(Loading loading, Mode mode, int intraOpThreads) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(mode.level);
            options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(intraOpThreads);
            options.setInterOpNumThreads(1);
            // Its warnings about old models fill pages.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            return new OnnxRuntime(loading.load(options));
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    /** Runs once; the outputs by name, in the model's order. */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Map<String, OnnxTensor> sources = lend(inputs);
        try (OrtSession.Result result = session.run(sources)) {
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            for (Map.Entry<String, OnnxValue> output : result) {
                outputs.put(output.getKey(), copy((OnnxTensor) output.getValue()));
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not run the model: " + e.getMessage(), e);
        } finally {
            sources.values().forEach(OnnxTensor::close);
        }
    }

    /** Ties tensors to the model, once for many runs. */
    public Bound bind(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        return new Bound(session, lend(inputs), lend(outputs));
    }

    /** A model with its inputs and outputs: a run moves no tensor between Java and native code. */
    public static final class Bound implements AutoCloseable {
        private final OrtSession session;
        private final Map<String, OnnxTensor> inputs;
        private final Map<String, OnnxTensor> outputs;

        private Bound(OrtSession session, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
            this.session = session;
            this.inputs = inputs;
            this.outputs = outputs;
        }

        /** Reads the inputs and writes the outputs. */
        public void run() {
            try {
                session.run(inputs, outputs).close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime does not run the model: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            inputs.values().forEach(OnnxTensor::close);
            outputs.values().forEach(OnnxTensor::close);
        }
    }

    private static Map<String, OnnxTensor> lend(Map<String, Tensor> tensors) {
        Map<String, OnnxTensor> lent = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> lent.put(name, lend(tensor)));
        return lent;
    }

    private static OnnxTensor lend(Tensor tensor) {
        OnnxJavaType type =
                switch (tensor.dataType()) {
                    case F32 -> OnnxJavaType.FLOAT;
                    case U8 -> OnnxJavaType.UINT8;
                    case S8 -> OnnxJavaType.INT8;
                    case S32 -> OnnxJavaType.INT32;
                    case S64 -> OnnxJavaType.INT64;
                    case BOOL -> OnnxJavaType.BOOL;
                    case BF16 -> throw new IllegalArgumentException("not used with ONNX Runtime: " + tensor);
                };
        try {
            return OnnxTensor.createTensor(
                    ENVIRONMENT, tensor.bytes(), tensor.shape().toLongs(), type);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not take " + tensor, e);
        }
    }

    private static Tensor copy(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        DataType type =
                switch (info.type) {
                    case FLOAT -> DataType.F32;
                    case UINT8 -> DataType.U8;
                    case INT8 -> DataType.S8;
                    case INT32 -> DataType.S32;
                    case INT64 -> DataType.S64;
                    default -> throw new IllegalStateException("not used with ONNX Runtime: an output of " + info);
                };
        Tensor copy = Tensor.zeros(type, Shape.ofLongs(info.getShape()));
        copy.bytes().put(tensor.getByteBuffer());
        return copy;
    }

    /** Names of the inputs that must be given. */
    public List<String> inputNames() {
        return List.copyOf(session.getInputNames());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime does not close", e);
        }
    }
}
