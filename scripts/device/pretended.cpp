// A pretended accelerator, for `scripts/second-device`: CPU memory behind addresses that no program can read by
// itself, and a fallback that looks at every operator's tensors before it lets the CPU compute. A tensor that was
// left on the CPU is an error that names the operator; reading device memory directly is a crash.
//
// It registers itself as PyTorch's PrivateUse1 backend when it is loaded (LD_PRELOAD). DEVICE_LOG names a file for
// what went through; without it that goes to stderr.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/InferSize.h>
#include <ATen/NativeFunctions.h>
#include <ATen/CPUFunctions.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/native/Resize.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace {
constexpr auto PU1 = c10::DeviceType::PrivateUse1;
constexpr uintptr_t VEIL = uintptr_t(1) << 62;
void *veil(void *p) { return p ? (void *)(uintptr_t(p) | VEIL) : nullptr; }
void *bare(const void *p) { return (void *)(uintptr_t(p) & ~VEIL); }

// ---- what went through ----
struct Book {
  std::mutex lock;
  std::map<std::string, long> ops, own, scalars, numbers, indices, mixes;
  std::map<std::string, long> copies;
  void put(std::map<std::string, long> &m, const std::string &k) {
    std::lock_guard<std::mutex> g(lock);
    ++m[k];
  }
};
Book &book() { static Book *b = new Book; return *b; }
void report() {
  auto &b = book();
  if (b.ops.empty() && b.own.empty()) return;
  const char *to = getenv("DEVICE_LOG");
  FILE *f = to ? fopen(to, "w") : stderr;
  if (!f) return;
  auto show = [&](const char *name, std::map<std::string, long> &m) {
    long n = 0;
    for (auto &[k, v] : m) n += v;
    fprintf(f, "== %s: %zu distinct, %ld calls\n", name, m.size(), n);
    for (auto &[k, v] : m) fprintf(f, "   %8ld  %s\n", v, k.c_str());
  };
  show("operators checked in the fallback", b.ops);
  show("operators of the backend itself", b.own);
  show("copies", b.copies);
  show("0-dim CPU tensors let pass", b.scalars);
  show("numbers (wrapped scalars) let pass", b.numbers);
  show("CPU index tensors let pass", b.indices);
  show("DEVICE MIXES", b.mixes);
  if (to) fclose(f);
}
struct AtExit { AtExit() { atexit(report); } } at_exit;

// ---- memory ----
struct VeiledAllocator final : c10::Allocator {
  static void release(void *p) { c10::free_cpu(p); }
  c10::DataPtr allocate(size_t n) override {
    void *p = n ? c10::alloc_cpu(n) : nullptr;
    return {veil(p), p, &release, c10::Device(PU1, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void *d, const void *s, size_t n) const override { memcpy(bare(d), bare(s), n); }
};
VeiledAllocator allocator;
REGISTER_ALLOCATOR(PU1, &allocator);

struct Guard final : c10::impl::DeviceGuardImplInterface {
  static constexpr c10::DeviceType static_type = PU1;
  Guard() = default;
  explicit Guard(c10::DeviceType) {}
  c10::DeviceType type() const override { return PU1; }
  c10::Device exchangeDevice(c10::Device) const override { return {PU1, 0}; }
  c10::Device getDevice() const override { return {PU1, 0}; }
  void setDevice(c10::Device d) const override { TORCH_CHECK(d.index() <= 0, "one device only"); }
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const noexcept override { return stream(); }
  c10::Stream getDefaultStream(c10::Device) const override { return stream(); }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override { return stream(); }
  c10::Stream getNewStream(c10::Device, int) const override { return stream(); }
  c10::Stream exchangeStream(c10::Stream s) const noexcept override { return s; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void **, const c10::Stream &, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void *, const c10::Stream &) const override {}
  bool queryEvent(void *) const override { return true; }
  void destroyEvent(void *, const c10::DeviceIndex) const noexcept override {}
  bool queryStream(const c10::Stream &) const override { return true; }
  void synchronizeStream(const c10::Stream &) const override {}
  void synchronizeEvent(void *) const override {}
  void synchronizeDevice(const c10::DeviceIndex) const override {}
  static c10::Stream stream() { return c10::Stream(c10::Stream::UNSAFE, c10::Device(PU1, 0), 0); }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  void setCurrentDevice(c10::DeviceIndex) const override {}
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  c10::DeviceIndex exchangeDevice(c10::DeviceIndex) const override { return 0; }
  c10::DeviceIndex maybeExchangeDevice(c10::DeviceIndex) const override { return 0; }
  at::Device getDeviceFromPtr(void *) const override { return {PU1, 0}; }
  void init() const override {}
  const at::Generator &getDefaultGenerator(c10::DeviceIndex) const override {
    static at::Generator g = at::detail::createCPUGenerator();
    return g;
  }
  at::Generator getNewGenerator(c10::DeviceIndex) const override { return at::detail::createCPUGenerator(); }
};
struct Register {
  Register() {
    c10::register_privateuse1_backend("pretended");
    at::RegisterPrivateUse1HooksInterface(new Hooks);
  }
} registered;

// ---- kernels of its own ----
thread_local int inside = 0;
struct Inside { Inside() { ++inside; } ~Inside() { --inside; } };
bool ours(const at::Tensor &t) { return t.device().type() == PU1; }

at::Tensor plain(const at::Tensor &t) {
  if (!t.defined() || !ours(t)) return t;
  return at::from_blob(bare(t.data_ptr()), t.sizes(), t.strides(), t.options().device(at::kCPU).requires_grad(false));
}

at::Tensor empty(c10::IntArrayRef size, std::optional<c10::ScalarType> dtype, std::optional<c10::Layout>,
                 std::optional<c10::Device>, std::optional<bool>, std::optional<c10::MemoryFormat> format) {
  if (!inside) book().put(book().own, "empty.memory_format");
  return at::detail::empty_generic(size, &allocator, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}
at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<c10::ScalarType> dtype,
                         std::optional<c10::Layout>, std::optional<c10::Device>, std::optional<bool>) {
  if (!inside) book().put(book().own, "empty_strided");
  return at::detail::empty_strided_generic(size, stride, &allocator,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(dtype));
}
const at::Tensor &resize_(const at::Tensor &self, c10::IntArrayRef size, std::optional<c10::MemoryFormat> format) {
  book().put(book().own, "resize_");
  auto *impl = self.unsafeGetTensorImpl();
  int64_t numel = 1;
  for (auto d : size) numel *= d;
  size_t need = (impl->storage_offset() + numel) * self.element_size();
  auto storage = impl->unsafe_storage();
  if (numel && need > storage.nbytes()) {
    auto fresh = allocator.allocate(need);
    if (storage.nbytes()) memcpy(bare(fresh.get()), bare(storage.data()), storage.nbytes());
    storage.set_data_ptr_noswap(std::move(fresh));
    storage.set_nbytes(need);
  }
  if (self.sizes() != size) impl->set_sizes_contiguous(size);
  if (format && *format != c10::MemoryFormat::Preserve) impl->empty_tensor_restride(*format);
  return self;
}
at::Tensor veiled_copy(const at::Tensor &self, const at::Tensor &dst, bool) {
  if (!inside) book().put(book().own, "_copy_from");
  if (!inside) book().put(book().copies, std::string(ours(self) ? "device" : "host") + " to " + (ours(dst) ? "device" : "host"));
  TORCH_CHECK((ours(self) || self.is_cpu()) && (ours(dst) || dst.is_cpu()), "copy: device?");
  if (self.numel() == 0 && dst.numel() == 0) return dst;
  auto to = plain(dst), from = plain(self);
  at::native::copy_(to, from, false);
  return dst;
}
at::Tensor veiled_copy_resize(const at::Tensor &self, const at::Tensor &dst) {
  if (!inside) book().put(book().own, "_copy_from_and_resize");
  if (dst.sizes() != self.sizes()) {
    if (ours(dst)) resize_(dst, self.sizes(), std::nullopt);
    else at::native::resize_(dst, self.sizes(), std::nullopt);
  }
  return veiled_copy(self, dst, false);
}
at::Scalar local_scalar(const at::Tensor &self) {
  book().put(book().own, "_local_scalar_dense");
  return at::native::_local_scalar_dense_cpu(plain(self));
}
at::Tensor as_strided(const at::Tensor &self, c10::SymIntArrayRef size, c10::SymIntArrayRef stride,
                      std::optional<c10::SymInt> offset) {
  book().put(book().own, "as_strided");
  return at::cpu::as_strided_symint(self, size, stride, offset);
}
at::Tensor view(const at::Tensor &self, c10::SymIntArrayRef size) {
  book().put(book().own, "view");
  return at::native::view(self, C10_AS_INTARRAYREF_SLOW(size));
}
at::Tensor reshape_alias(const at::Tensor &self, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  book().put(book().own, "_reshape_alias");
  return at::native::_reshape_alias(self, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride));
}
at::Tensor unfold(const at::Tensor &self, int64_t dim, int64_t size, int64_t step) {
  book().put(book().own, "unfold");
  return at::native::unfold(self, dim, size, step);
}
at::Tensor &set_tensor(at::Tensor &self, const at::Tensor &source) {
  book().put(book().own, "set_.source_Tensor");
  TORCH_CHECK(ours(self) && ours(source), "device mix in aten::set_");
  self.unsafeGetTensorImpl()->set_storage_keep_dtype(source.storage());
  self.unsafeGetTensorImpl()->set_storage_offset(source.storage_offset());
  self.unsafeGetTensorImpl()->set_sizes_and_strides(source.sizes(), source.strides());
  return self;
}
at::Tensor &set_storage(at::Tensor &self, at::Storage source, int64_t offset, c10::IntArrayRef size,
                        c10::IntArrayRef stride) {
  book().put(book().own, "set_.source_Storage_storage_offset");
  self.unsafeGetTensorImpl()->set_storage_keep_dtype(source);
  self.unsafeGetTensorImpl()->set_storage_offset(offset);
  self.unsafeGetTensorImpl()->set_sizes_and_strides(
      size, stride.empty() && !size.empty() ? c10::IntArrayRef(c10::contiguous_strides(size)) : stride);
  return self;
}

// ---- the check ----
bool exempt(const std::string &name) {
  return name == "aten::copy_" || name == "aten::_to_copy" || name == "aten::_copy_from" ||
         name == "aten::_copy_from_and_resize";
}
void mixed(const std::string &op, size_t i, const std::string &arg, const at::Tensor &t) {
  std::ostringstream s;
  s << "device mix in " << op << ": argument " << i << " `" << arg << "` " << t.sizes() << " "
    << t.scalar_type() << " lies on " << t.device();
  book().put(book().mixes, s.str());
  TORCH_CHECK(false, s.str());
}
bool fine(const std::string &op, size_t i, const std::string &arg, const at::Tensor &t, bool index, bool written,
          bool list) {
  if (!t.defined() || ours(t)) return true;
  if (t.is_cpu() && index) {
    book().put(book().indices, op);
    return true;
  }
  if (t.is_cpu() && t.dim() == 0 && !written && !list) {
    book().put(t.unsafeGetTensorImpl()->is_wrapped_number() ? book().numbers : book().scalars, op + " argument " + std::to_string(i) + " `" + arg + "`");
    return true;
  }
  mixed(op, i, arg, t);
  return true;
}
void fallback(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
  Inside here;
  const auto &schema = op.schema();
  std::string name = schema.name();
  std::string full = name + (schema.overload_name().empty() ? "" : "." + schema.overload_name());
  book().put(book().ops, full);
  const auto &args = schema.arguments();
  size_t begin = stack->size() - args.size();
  for (size_t i = 0; i < args.size(); ++i) {
    auto &value = (*stack)[begin + i];
    bool written = args[i].alias_info() && args[i].alias_info()->isWrite();
    if (value.isTensor()) {
      const auto &t = value.toTensor();
      if (!exempt(name)) fine(full, i, args[i].name(), t, false, written, false);
      // What is computed of a scalar that lies on the CPU goes where the others are.
      if (t.defined() && t.is_cpu() && !written) {
        auto moved = at::empty_strided(t.sizes(), t.strides(), t.options().device(c10::Device(PU1, 0)));
        veiled_copy(t, moved, false);
        if (t.unsafeGetTensorImpl()->is_wrapped_number()) moved.unsafeGetTensorImpl()->set_wrapped_number(true);
        value = moved;
      }
    } else if (value.isTensorList()) {
      for (const auto &t : value.toTensorVector()) fine(full, i, args[i].name(), t, false, written, true);
    } else if (value.isOptionalTensorList()) {
      for (const auto &t : value.toOptionalTensorVector())
        if (t.has_value()) fine(full, i, args[i].name(), *t, true, written, true);
    }
  }
  at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
}
void all_ours(const char *op, std::initializer_list<at::Tensor> ts) {
  book().put(book().ops, op);
  size_t i = 0;
  for (auto &t : ts) fine(op, i++, "", t, false, true, false);
}

// ---- operators that have no CPU kernel ----
at::Tensor up(const at::Tensor &t) { return t.defined() ? t.to(c10::Device(PU1, 0)) : t; }
at::Tensor conv(const at::Tensor &x, const at::Tensor &w, const std::optional<at::Tensor> &b, c10::IntArrayRef stride,
                c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed, c10::IntArrayRef out_padding,
                int64_t groups) {
  Inside here;
  all_ours("aten::convolution_overrideable", {x, w, b.value_or(at::Tensor())});
  std::optional<at::Tensor> bias;
  if (b && b->defined()) bias = plain(*b);
  return up(at::convolution(plain(x), plain(w), bias, stride, padding, dilation, transposed, out_padding, groups));
}
std::tuple<at::Tensor, at::Tensor, at::Tensor> conv_back(
    const at::Tensor &g, const at::Tensor &x, const at::Tensor &w, c10::IntArrayRef stride, c10::IntArrayRef padding,
    c10::IntArrayRef dilation, bool transposed, c10::IntArrayRef out_padding, int64_t groups,
    std::array<bool, 3> mask) {
  Inside here;
  all_ours("aten::convolution_backward_overrideable", {g, x, w});
  std::vector<int64_t> bias{transposed ? w.size(1) * groups : w.size(0)};
  auto [a, b, c] = at::convolution_backward(plain(g), plain(x), plain(w), c10::IntArrayRef(bias), stride, padding,
                                            dilation, transposed, out_padding, groups, mask);
  return {up(a), up(b), up(c)};
}
std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell(const at::Tensor &ig, const at::Tensor &hg,
                                                         const at::Tensor &cx, const std::optional<at::Tensor> &ib,
                                                         const std::optional<at::Tensor> &hb) {
  Inside here;
  all_ours("aten::_thnn_fused_lstm_cell", {ig, hg, cx, ib.value_or(at::Tensor()), hb.value_or(at::Tensor())});
  auto gates = plain(ig) + plain(hg);
  if (ib && ib->defined()) gates = gates + plain(*ib) + plain(*hb);
  auto parts = gates.chunk(4, 1);
  auto i = parts[0].sigmoid(), f = parts[1].sigmoid(), g = parts[2].tanh(), o = parts[3].sigmoid();
  auto cy = f * plain(cx) + i * g;
  auto hy = o * cy.tanh();
  return {up(hy), up(cy), up(at::cat({i, f, g, o}, 1))};
}
std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm_cell_back(const std::optional<at::Tensor> &ghy,
                                                              const std::optional<at::Tensor> &gcy,
                                                              const at::Tensor &cx, const at::Tensor &cy,
                                                              const at::Tensor &workspace, bool has_bias) {
  auto a = ghy.value_or(at::Tensor()), b = gcy.value_or(at::Tensor());
  Inside here;
  all_ours("aten::_thnn_fused_lstm_cell_backward_impl", {a, b, cx, cy, workspace});
  if (!a.defined() && !b.defined()) return {};
  auto parts = plain(workspace).chunk(4, 1);
  auto i = parts[0], f = parts[1], g = parts[2], o = parts[3];
  auto c = plain(cx), t = plain(cy).tanh();
  auto dh = a.defined() ? plain(a) : at::zeros_like(t);
  auto dc = dh * o * (1 - t * t);
  if (b.defined()) dc = dc + plain(b);
  auto gates = at::cat({dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * t * o * (1 - o)}, 1);
  return {up(gates), up(dc * f), has_bias ? up(gates.sum(0)) : at::Tensor()};
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("as_strided", as_strided);
  m.impl("view", view);
  m.impl("_reshape_alias", reshape_alias);
  m.impl("unfold", unfold);
  m.impl("resize_", resize_);
  m.impl("_copy_from", veiled_copy);
  m.impl("_copy_from_and_resize", veiled_copy_resize);
  m.impl("_local_scalar_dense", local_scalar);
  m.impl("set_.source_Tensor", set_tensor);
  m.impl("set_.source_Storage_storage_offset", set_storage);
  m.impl("convolution_overrideable", conv);
  m.impl("convolution_backward_overrideable", conv_back);
  m.impl("_thnn_fused_lstm_cell", lstm_cell);
  m.impl("_thnn_fused_lstm_cell_backward_impl", lstm_cell_back);
}
TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }
} // namespace
#include <sys/syscall.h>
#include <unistd.h>
// The program leaves without its libraries' destructors.
extern "C" void _exit(int code) {
  report();
  for (;;) syscall(SYS_exit_group, code);
}
