package io.conv4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.GeneralCodingRules;
import io.conv4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The plan of the house, held by a test: who may import whom, and what lives in one room only. */
class ArchitectureTest {
    private static final String ROOT = "io.conv4j";

    /** From the roof down. A room may import from lower rows only, never from its own. */
    private static final List<List<String>> ROWS = List.of(
            List.of(".cli"),
            List.of(".server", ".report"),
            List.of(".validate", ".probe"),
            List.of(".runtime"),
            List.of(".backend.onednn", ".backend.openblas"),
            // Below its siblings: its kernels run the steps for which they have no primitive.
            List.of(".backend.purejava"),
            List.of(".backend"),
            List.of(".onnx", ".analysis", ".compile"),
            List.of(".evaluate"),
            List.of(".graph"),
            List.of(".layer"),
            List.of(".tensor", ".nativelib"),
            List.of(""));

    private static final Class<?> ABOVE = Tensor.class;

    private static JavaClasses classes = new ClassFileImporter().importClasses();

    @BeforeAll
    static void readClassFiles() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    @Test
    void thereIsSomethingToLookAt() {
        assertThat(classes).hasSizeGreaterThan(60);
        assertThat(classes.stream().map(ArchitectureTest::room))
                .contains("", ".tensor", ".layer", ".graph", ".compile", ".backend");
    }

    @Test
    void everyPackageIsARoomOfThePlan() {
        Set<String> rooms = ROWS.stream().flatMap(List::stream).collect(Collectors.toSet());
        Set<String> packages = classes.stream()
                .map(c -> c.getPackageName().substring(ROOT.length()))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rooms).containsAll(packages);
    }

    @Test
    void importsGoDownOnly() {
        assertThat(acrossRooms(classes)).hasSizeGreaterThan(100);
        assertThat(upward(classes)).isEmpty();
    }

    @Test
    void whatBreaksTheRulesIsSeen() {
        // This class lies in the root, the lowest room, and names one above; it also uses JUnit.
        JavaClasses offender = new ClassFileImporter().importClasses(ArchitectureTest.class, ABOVE);

        assertThat(upward(offender)).isNotEmpty();
        assertThatThrownBy(() -> onlyIn(offender, "org.junit..", ".cli")).isInstanceOf(AssertionError.class);
    }

    @Test
    void librariesStayInTheirRooms() {
        onlyIn(classes, "org.bytedeco.openblas..", ".backend.openblas");
        onlyIn(classes, "com.google.protobuf..", ".onnx");
        onlyIn(classes, "picocli..", ".cli");
        onlyIn(classes, "me.tongfei..", ".cli");
        onlyIn(classes, "com.fasterxml.jackson..", ".cli", ".report", ".server");
    }

    /**
     * Protobuf reads models by the field numbers of the generated classes. These are constants, which are compiled in and
     * leave no trace here; the classes themselves, more than a hundred, would take half a small network's start to load.
     */
    @Test
    void theGeneratedClassesOfOnnxAreNotLoaded() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.onnx.proto..")
                .check(classes);
    }

    /** Constants are compiled in; the classes themselves would take half a small network's start to load. */
    @Test
    void theClassesOfOnednnsPresetAreNotLoaded() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco.dnnl..")
                .check(classes);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".cli..")
                .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS)
                .check(classes);
    }

    @Test
    void nativeMethodsAreDeclaredInOneClass() {
        Set<String> declaring = classes.stream()
                .flatMap(c -> c.getMethods().stream())
                .filter(method -> method.getModifiers().contains(JavaModifier.NATIVE))
                .map(method -> outermost(method.getOwner()).getName())
                .collect(Collectors.toSet());

        assertThat(declaring).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void namesSayWhatAThingIs() {
        Set<String> vague = classes.stream()
                .map(JavaClass::getSimpleName)
                .filter(name -> name.matches(".*(Utils?|Impl|Manager|Helpers?)"))
                .collect(Collectors.toSet());

        assertThat(vague).isEmpty();
    }

    @Test
    void everyPackageIsDescribedAndNullMarked() {
        List<JavaPackage> packages = classes.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .sorted(Comparator.comparing(JavaPackage::getName))
                .toList();

        assertThat(packages).hasSizeGreaterThan(5);
        assertThat(packages)
                .allMatch(room -> room.tryGetPackageInfo().isPresent()
                        && room.getPackageInfo().isAnnotatedWith(NullMarked.class));
    }

    private static List<Dependency> acrossRooms(JavaClasses looked) {
        return looked.stream()
                .flatMap(origin -> origin.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> target(dependency).getPackageName().startsWith(ROOT))
                .filter(dependency -> !room(target(dependency)).equals(room(dependency.getOriginClass())))
                .toList();
    }

    private static List<String> upward(JavaClasses looked) {
        return acrossRooms(looked).stream()
                .filter(dependency -> row(target(dependency)) <= row(dependency.getOriginClass()))
                .map(Dependency::getDescription)
                .toList();
    }

    private static JavaClass target(Dependency dependency) {
        return dependency.getTargetClass().getBaseComponentType();
    }

    private static void onlyIn(JavaClasses looked, String library, String... rooms) {
        String[] packages = Arrays.stream(rooms).map(room -> ROOT + room + "..").toArray(String[]::new);
        noClasses()
                .that()
                .resideOutsideOfPackages(packages)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(looked);
    }

    private static JavaClass outermost(JavaClass inner) {
        return inner.getEnclosingClass().map(ArchitectureTest::outermost).orElse(inner);
    }

    private static String room(JavaClass member) {
        return member.getPackageName().substring(ROOT.length());
    }

    private static int row(JavaClass member) {
        String room = room(member);
        for (int row = 0; row < ROWS.size(); row++) {
            if (ROWS.get(row).contains(room)) {
                return row;
            }
        }
        throw new AssertionError("package " + ROOT + room + " is on no row of the plan");
    }
}
