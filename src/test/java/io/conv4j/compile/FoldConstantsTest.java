package io.conv4j.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.conv4j.graph.Graph;
import io.conv4j.graph.GraphBuilder;
import io.conv4j.graph.Value;
import io.conv4j.layer.Binary;
import io.conv4j.layer.Expand;
import io.conv4j.layer.Gather;
import io.conv4j.layer.Reshape;
import io.conv4j.tensor.Shape;
import io.conv4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class FoldConstantsTest {
    @Test
    void computesWhatDependsOnConstantsAlone() {
        GraphBuilder builder = Graph.builder("sum").input("src", Shape.of(2));
        Value src = builder.value();
        Value a = builder.constant("a", Tensor.of(Shape.of(2), 1, 2));
        Value b = builder.constant("b", Tensor.of(Shape.of(2), 3, 4));
        Value sum = builder.from(a).add(b).value();
        Graph graph = builder.from(src).multiply(sum).build();

        Graph result = FoldConstants.of(graph).apply(graph);

        assertThat(result.nodes()).hasSize(1);
        assertThat(result.constants()).containsOnlyKeys(sum);
        assertThat(result.constant(sum).orElseThrow().toFloats()).containsExactly(4, 6);
    }

    @Test
    void foldsAnOutputIntoAConstantThatIsStillTheOutput() {
        GraphBuilder builder = Graph.builder("constant").input("src", Shape.of(2));
        Value a = builder.constant("a", Tensor.of(Shape.of(2), -1, 2));
        Graph graph = builder.from(a).relu().build();

        Graph result = FoldConstants.of(graph).apply(graph);

        assertThat(result.nodes()).isEmpty();
        assertThat(result.outputs()).isEqualTo(graph.outputs());
        assertThat(result.constant(graph.outputs().get(0)).orElseThrow().toFloats())
                .containsExactly(0, 2);
    }

    @Test
    void reshapedConstantsShareTheirMemory() {
        GraphBuilder builder = Graph.builder("reshape").input("src", Shape.of(2, 1));
        Value src = builder.value();
        Tensor tensor = Tensor.of(Shape.of(2), 1, 2);
        Value reshaped = builder.from(builder.constant("a", tensor))
                .then(new Reshape(Shape.of(2, 1)))
                .value();
        Graph graph = builder.from(src).add(reshaped).build();

        Graph result = FoldConstants.of(graph).apply(graph);

        assertThat(result.constant(reshaped).orElseThrow().sharesMemoryWith(tensor))
                .isTrue();
    }

    @Test
    void leavesWhatDependsOnAnInput() {
        GraphBuilder builder = Graph.builder("input").input("src", Shape.of(2));
        Graph graph =
                builder.add(builder.constant("a", Tensor.of(Shape.of(2), 1, 2))).build();

        assertThat(FoldConstants.of(graph).apply(graph)).isSameAs(graph);
    }

    @Test
    void leavesWhatWouldTakeTooMuchMemory() {
        GraphBuilder builder = Graph.builder("huge").input("src", Shape.of(1));
        Value src = builder.value();
        Value huge = builder.from(builder.constant("one", Tensor.of(Shape.of(1), 1)))
                .then(new Expand(Shape.of(1024, 1024, 100)))
                .value();
        Graph graph = builder.from(src).then(new Binary(Binary.Op.ADD), huge).build();

        assertThat(FoldConstants.of(graph).apply(graph)).isSameAs(graph);
        assertThat(new FoldConstants(1L << 30).apply(graph).nodes()).hasSize(1);
    }

    @Test
    void countsWhatIsFoldedAgainstOneLimit() {
        GraphBuilder builder = Graph.builder("many").input("src", Shape.of(1));
        Value one = builder.constant("one", Tensor.of(Shape.of(1), 1));
        for (int i = 0; i < 10; i++) {
            builder.from(one).then(new Expand(Shape.of(100 + i))).output();
        }
        Graph graph = builder.build();

        Graph result = new FoldConstants(1000).apply(graph);

        // 4 bytes of the number itself, 400 and 404 of the first two.
        assertThat(result.nodes()).hasSize(8);
    }

    @Test
    void leavesErrorsToTheRun() {
        GraphBuilder builder = Graph.builder("out of range").input("src", Shape.of(2));
        Value src = builder.value();
        Value table = builder.constant("table", Tensor.of(Shape.of(2), 1, 2));
        Value index = builder.constant("index", Tensor.ofLongs(Shape.of(1), 7));
        Value picked = builder.add("pick", new Gather(0), List.of(table, index)).get(0);
        Graph graph = builder.from(src).add(picked).build();

        assertThat(FoldConstants.of(graph).apply(graph)).isSameAs(graph);
    }
}
