package io.conv4j.backend.onednn;

import io.conv4j.compile.Step;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Neighbouring steps of a plan, in one precision, that are lowered as one, with algorithms that are not chosen. */
interface Together {
    /** The ones that begin with a step of a plan; null if it is lowered alone. */
    static @Nullable Together at(Chain chain, int index, BandsRule rule) {
        Together found = BandedBlock.at(chain, index, rule);
        found = found == null ? Preactivation.at(chain, index) : found;
        found = found == null ? PooledConvolution.at(chain, index) : found;
        return found == null ? GatedConvolution.at(chain, index) : found;
    }

    /** All steps of a plan that are not lowered alone. */
    static Set<Step> in(Chain chain, BandsRule rule) {
        Set<Step> all = new HashSet<>();
        for (int i = 0; i < chain.steps().size(); i++) {
            Together found = at(chain, i, rule);
            if (found != null) {
                all.addAll(found.steps());
                i += found.steps().size() - 1;
            }
        }
        return all;
    }

    /** The steps in order. */
    List<Step> steps();

    /** Lowers the steps, the first of which has this index; returns false, having written nothing, if there is no good way. */
    boolean lower(ProgramBuilder program, int index);
}
