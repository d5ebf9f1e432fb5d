/**
 * Reads ONNX files. {@link io.conv4j.onnx.OnnxModel} keeps a model with its symbolic shapes;
 * {@link io.conv4j.onnx.OnnxModel#graph} specialises it to concrete ones, so that shape arithmetic folds into constants.
 *
 * <p>Way of the data: {@code WireReader} reads fields with protobuf's own reader and {@code ModelMessage} and its like the
 * messages that ONNX makes of them, {@code ModelReader} checks the file and takes out the constants, {@code TensorReader}
 * reads numbers, {@code NodeOrder} sorts the nodes, {@code GraphImporter} walks them and looks each up in
 * {@code OperatorTable}, whose entries lie in one file per family ({@code ConvolutionOperators}, …). A converter sees its
 * node through {@code NodeContext} only. To add an operator: write its converter in its family's file and register it there
 * with the first opset of the form it understands.
 *
 * <p>Protobuf's encoding is read by protobuf itself, by the numbers of the generated classes: constants, which are compiled
 * in. The generated classes are not loaded: the JVM takes longer to load and verify them, and what they need, than for the
 * rest of reading a small model.
 *
 * <p>Files are not trusted: nothing is allocated by a number in the file before it was compared with the bytes that are
 * there, and everything wrong ends in a {@link io.conv4j.Conv4jException}.
 */
@NullMarked
package io.conv4j.onnx;

import org.jspecify.annotations.NullMarked;
