// The native methods of NativeNetwork that are oneDNN's C functions for descriptors and primitives. What creates something
// returns its address or, negative, oneDNN's status.
#include <oneapi/dnnl/dnnl.h>

#include <cstdio>

#include "jni_arguments.hpp"

using namespace conv4j;

namespace {

template <typename Handle>
Handle as(jlong address) {
    return reinterpret_cast<Handle>(address);
}

template <typename Handle>
jlong made(dnnl_status_t status, Handle handle) {
    return status == dnnl_success ? reinterpret_cast<jlong>(handle) : -static_cast<jlong>(status);
}

// oneDNN takes an engine of its own for itself: there is one.
dnnl_engine_t engine(jlong address) { return as<dnnl_engine_t>(address); }

}  // namespace

CONV4J_METHOD(jlong, createEngine)(JNIEnv*, jclass) {
    dnnl_engine_t engine = nullptr;
    const dnnl_status_t status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    return made(status, engine);
}

CONV4J_METHOD(jint, setPrimitiveCacheCapacity)(JNIEnv*, jclass, jint capacity) {
    return dnnl_set_primitive_cache_capacity(capacity);
}

CONV4J_METHOD(jstring, version)(JNIEnv* env, jclass) {
    const dnnl_version_t* version = dnnl_version();
    char text[64];
    std::snprintf(text, sizeof(text), "%d.%d.%d", version->major, version->minor, version->patch);
    return env->NewStringUTF(text);
}

CONV4J_METHOD(jint, effectiveIsa)(JNIEnv*, jclass) { return dnnl_get_effective_cpu_isa(); }

CONV4J_METHOD(jlong, taggedDesc)(JNIEnv* env, jclass, jlongArray extents, jint type, jint tag) {
    const auto dims = copy(env, extents);
    dnnl_memory_desc_t desc = nullptr;
    const dnnl_status_t status =
        dnnl_memory_desc_create_with_tag(&desc, static_cast<int>(dims.size()), dims.data(),
                                         static_cast<dnnl_data_type_t>(type), static_cast<dnnl_format_tag_t>(tag));
    return made(status, desc);
}

CONV4J_METHOD(jlong, stridedDesc)(JNIEnv* env, jclass, jlongArray extents, jint type, jlongArray strides) {
    const auto dims = copy(env, extents);
    dnnl_memory_desc_t desc = nullptr;
    const dnnl_status_t status =
        dnnl_memory_desc_create_with_strides(&desc, static_cast<int>(dims.size()), dims.data(),
                                             static_cast<dnnl_data_type_t>(type), copy(env, strides).data());
    return made(status, desc);
}

CONV4J_METHOD(void, destroyDesc)(JNIEnv*, jclass, jlong desc) { dnnl_memory_desc_destroy(as<dnnl_memory_desc_t>(desc)); }

CONV4J_METHOD(jlong, descBytes)(JNIEnv*, jclass, jlong desc) {
    return static_cast<jlong>(dnnl_memory_desc_get_size(as<const_dnnl_memory_desc_t>(desc)));
}

CONV4J_METHOD(jboolean, descsEqual)(JNIEnv*, jclass, jlong a, jlong b) {
    return dnnl_memory_desc_equal(as<const_dnnl_memory_desc_t>(a), as<const_dnnl_memory_desc_t>(b)) != 0;
}

CONV4J_METHOD(jlong, createAttributes)(JNIEnv*, jclass) {
    dnnl_primitive_attr_t attributes = nullptr;
    const dnnl_status_t status = dnnl_primitive_attr_create(&attributes);
    if (status == dnnl_success) {
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    }
    return made(status, attributes);
}

CONV4J_METHOD(void, destroyAttributes)(JNIEnv*, jclass, jlong attributes) {
    dnnl_primitive_attr_destroy(as<dnnl_primitive_attr_t>(attributes));
}

CONV4J_METHOD(jlong, createPostOps)(JNIEnv*, jclass) {
    dnnl_post_ops_t ops = nullptr;
    const dnnl_status_t status = dnnl_post_ops_create(&ops);
    return made(status, ops);
}

CONV4J_METHOD(void, destroyPostOps)(JNIEnv*, jclass, jlong ops) { dnnl_post_ops_destroy(as<dnnl_post_ops_t>(ops)); }

CONV4J_METHOD(jint, appendEltwise)(JNIEnv*, jclass, jlong ops, jint algorithm, jfloat alpha, jfloat beta) {
    return dnnl_post_ops_append_eltwise(as<dnnl_post_ops_t>(ops), static_cast<dnnl_alg_kind_t>(algorithm), alpha, beta);
}

CONV4J_METHOD(jint, appendSum)(JNIEnv*, jclass, jlong ops) {
    return dnnl_post_ops_append_sum(as<dnnl_post_ops_t>(ops), 1, 0, dnnl_data_type_undef);
}

CONV4J_METHOD(jint, appendBinary)(JNIEnv*, jclass, jlong ops, jint algorithm, jlong desc) {
    return dnnl_post_ops_append_binary(as<dnnl_post_ops_t>(ops), static_cast<dnnl_alg_kind_t>(algorithm),
                                       as<const_dnnl_memory_desc_t>(desc));
}

CONV4J_METHOD(jint, setPostOps)(JNIEnv*, jclass, jlong attributes, jlong ops) {
    return dnnl_primitive_attr_set_post_ops(as<dnnl_primitive_attr_t>(attributes), as<const_dnnl_post_ops_t>(ops));
}

namespace {

using Window = dnnl_status_t (*)(dnnl_primitive_desc_t*, dnnl_engine_t, dnnl_prop_kind_t, dnnl_alg_kind_t,
                                 const_dnnl_memory_desc_t, const_dnnl_memory_desc_t, const_dnnl_memory_desc_t,
                                 const_dnnl_memory_desc_t, const dnnl_dims_t, const dnnl_dims_t, const dnnl_dims_t,
                                 const dnnl_dims_t, const_dnnl_primitive_attr_t);

// A convolution's or a transposed convolution's descriptor from `descs`: src, weights, bias or 0, dst.
jlong windowed(JNIEnv* env, Window create, dnnl_alg_kind_t algorithm, jlong on, jlongArray descs, jlongArray strides,
               jlongArray dilations, jlongArray before, jlongArray after, jlong attributes) {
    const auto given = copy(env, descs);
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = create(
        &result, engine(on), dnnl_forward_inference, algorithm, as<const_dnnl_memory_desc_t>(given[0]),
        as<const_dnnl_memory_desc_t>(given[1]), as<const_dnnl_memory_desc_t>(given[2]),
        as<const_dnnl_memory_desc_t>(given[3]), copy(env, strides).data(), copy(env, dilations).data(),
        copy(env, before).data(), copy(env, after).data(), as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

}  // namespace

CONV4J_METHOD(jlong, convolution)
(JNIEnv* env, jclass, jlong on, jlongArray descs, jlongArray strides, jlongArray dilations, jlongArray before,
 jlongArray after, jlong attributes) {
    return windowed(env, dnnl_convolution_forward_primitive_desc_create, dnnl_convolution_direct, on, descs, strides,
                    dilations, before, after, attributes);
}

CONV4J_METHOD(jlong, deconvolution)
(JNIEnv* env, jclass, jlong on, jlongArray descs, jlongArray strides, jlongArray dilations, jlongArray before,
 jlongArray after, jlong attributes) {
    return windowed(env, dnnl_deconvolution_forward_primitive_desc_create, dnnl_deconvolution_direct, on, descs, strides,
                    dilations, before, after, attributes);
}

CONV4J_METHOD(jlong, pooling)
(JNIEnv* env, jclass, jlong on, jint algorithm, jlong src, jlong dst, jlongArray strides, jlongArray kernel,
 jlongArray dilations, jlongArray before, jlongArray after, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_pooling_forward_primitive_desc_create(
        &result, engine(on), dnnl_forward_inference, static_cast<dnnl_alg_kind_t>(algorithm),
        as<const_dnnl_memory_desc_t>(src), as<const_dnnl_memory_desc_t>(dst), copy(env, strides).data(),
        copy(env, kernel).data(), copy(env, dilations).data(), copy(env, before).data(), copy(env, after).data(),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, matmul)
(JNIEnv*, jclass, jlong on, jlong src, jlong weights, jlong bias, jlong dst, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_matmul_primitive_desc_create(
        &result, engine(on), as<const_dnnl_memory_desc_t>(src), as<const_dnnl_memory_desc_t>(weights),
        as<const_dnnl_memory_desc_t>(bias), as<const_dnnl_memory_desc_t>(dst),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, batchNormalization)
(JNIEnv*, jclass, jlong on, jlong desc, jfloat epsilon, jint flags, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_batch_normalization_forward_primitive_desc_create(
        &result, engine(on), dnnl_forward_inference, as<const_dnnl_memory_desc_t>(desc),
        as<const_dnnl_memory_desc_t>(desc), epsilon, static_cast<unsigned>(flags),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, localResponse)
(JNIEnv*, jclass, jlong on, jlong desc, jlong size, jfloat alpha, jfloat beta, jfloat k, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_lrn_forward_primitive_desc_create(
        &result, engine(on), dnnl_forward_inference, dnnl_lrn_across_channels, as<const_dnnl_memory_desc_t>(desc),
        as<const_dnnl_memory_desc_t>(desc), size, alpha, beta, k, as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, softmax)(JNIEnv*, jclass, jlong on, jint algorithm, jlong desc, jint axis, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_softmax_forward_primitive_desc_create(
        &result, engine(on), dnnl_forward_inference, static_cast<dnnl_alg_kind_t>(algorithm),
        as<const_dnnl_memory_desc_t>(desc), as<const_dnnl_memory_desc_t>(desc), axis,
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, reduction)
(JNIEnv*, jclass, jlong on, jint algorithm, jlong src, jlong dst, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_reduction_primitive_desc_create(
        &result, engine(on), static_cast<dnnl_alg_kind_t>(algorithm), as<const_dnnl_memory_desc_t>(src),
        as<const_dnnl_memory_desc_t>(dst), 0, 0, as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, eltwise)
(JNIEnv*, jclass, jlong on, jint algorithm, jlong desc, jfloat alpha, jfloat beta, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_eltwise_forward_primitive_desc_create(
        &result, engine(on), dnnl_forward_inference, static_cast<dnnl_alg_kind_t>(algorithm),
        as<const_dnnl_memory_desc_t>(desc), as<const_dnnl_memory_desc_t>(desc), alpha, beta,
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, binary)
(JNIEnv*, jclass, jlong on, jint algorithm, jlong src0, jlong src1, jlong dst, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_binary_primitive_desc_create(
        &result, engine(on), static_cast<dnnl_alg_kind_t>(algorithm), as<const_dnnl_memory_desc_t>(src0),
        as<const_dnnl_memory_desc_t>(src1), as<const_dnnl_memory_desc_t>(dst),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, concat)(JNIEnv* env, jclass, jlong on, jlong dst, jint axis, jlongArray sources, jlong attributes) {
    const auto given = copy(env, sources);
    std::vector<const_dnnl_memory_desc_t> descs;
    for (const int64_t source : given) {
        descs.push_back(as<const_dnnl_memory_desc_t>(source));
    }
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_concat_primitive_desc_create(
        &result, engine(on), as<const_dnnl_memory_desc_t>(dst), static_cast<int>(descs.size()), axis, descs.data(),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(jlong, reorder)(JNIEnv*, jclass, jlong on, jlong src, jlong dst, jlong attributes) {
    dnnl_primitive_desc_t result = nullptr;
    const dnnl_status_t status = dnnl_reorder_primitive_desc_create(
        &result, as<const_dnnl_memory_desc_t>(src), engine(on), as<const_dnnl_memory_desc_t>(dst), engine(on),
        as<const_dnnl_primitive_attr_t>(attributes));
    return made(status, result);
}

CONV4J_METHOD(void, destroyPrimitiveDesc)(JNIEnv*, jclass, jlong primitive) {
    dnnl_primitive_desc_destroy(as<dnnl_primitive_desc_t>(primitive));
}

CONV4J_METHOD(jstring, implementation)(JNIEnv* env, jclass, jlong primitive) {
    const char* name = nullptr;
    const dnnl_status_t status =
        dnnl_primitive_desc_query(as<const_dnnl_primitive_desc_t>(primitive), dnnl_query_impl_info_str, 0, &name);
    return env->NewStringUTF(status == dnnl_success && name != nullptr ? name : "");
}

CONV4J_METHOD(jlong, argumentDesc)(JNIEnv*, jclass, jlong primitive, jint what) {
    return reinterpret_cast<jlong>(dnnl_primitive_desc_query_md(as<const_dnnl_primitive_desc_t>(primitive),
                                                                static_cast<dnnl_query_t>(what), 0));
}

CONV4J_METHOD(jlong, createPrimitive)(JNIEnv*, jclass, jlong described) {
    dnnl_primitive_t primitive = nullptr;
    const dnnl_status_t status = dnnl_primitive_create(&primitive, as<const_dnnl_primitive_desc_t>(described));
    return made(status, primitive);
}

CONV4J_METHOD(void, destroyPrimitive)(JNIEnv*, jclass, jlong primitive) {
    dnnl_primitive_destroy(as<dnnl_primitive_t>(primitive));
}
