/* vigie.drawing._kernel: force-directed edge bundling on plain buffers. `twin.py` says the same in numpy. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "_kernel.h"
#include "_kernel_order.h"
#include "_kernel_threads.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define LEVELS 3
#else
#define LEVELS 1
#endif

static bool scratch_grow(Run *r, Scratch *s, int row, int list) {
    uint32_t room = s->room[row][list] ? s->room[row][list] * 2 : 256;
    uint64_t *c = realloc(s->c[row][list], room * sizeof *c);
    if (c) s->c[row][list] = c;
    uint32_t *tile = c ? realloc(s->tile[row][list], room * sizeof *tile) : NULL;
    if (tile) s->tile[row][list] = tile;
    if (!tile) {
        atomic_store(&r->stop, 2);
        return false;
    }
    s->room[row][list] = room;
    return true;
}

static void edge_ends(const Run *r, size_t place, float *end) {
    int32_t edge = r->edge[place];
    if (edge < 0) {
        end[0] = end[1] = end[2] = end[3] = 0;
        return;
    }
    const double *s = r->segments + 4 * (size_t)edge;
    for (int k = 0; k < 4; k++) end[k] = (float)((s[k] - (k & 1 ? r->origin_y : r->origin_x)) * r->unit);
}

#define NAME(x) x##_baseline
#define label_baseline "baseline"
#define TARGET
#define LEVEL 0
#include "_kernel_lanes.h"
#undef NAME
#undef TARGET
#undef LEVEL
#if LEVELS > 1
#define NAME(x) x##_v3
#define label_v3 "x86-64-v3"
#define TARGET __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,movbe")))
#define LEVEL 3
#include "_kernel_lanes.h"
#undef NAME
#undef TARGET
#undef LEVEL
#define NAME(x) x##_v4
#define label_v4 "x86-64-v4"
#define TARGET __attribute__((target("avx2,fma,f16c,bmi,bmi2,lzcnt,movbe,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define LEVEL 4
#include "_kernel_lanes.h"
#undef NAME
#undef TARGET
#undef LEVEL
#endif

static const Lanes *lanes_of(int level) {
#if LEVELS > 1
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v4 && level >= 4) return &lanes_v4;
    if (v3 && level >= 3) return &lanes_v3;
#endif
    (void)level;
    return &lanes_baseline;
}

#include "_kernel_run.h"
#include "_kernel_merge.h"
#include "_kernel_raster.h"

/* Python: every array comes as a contiguous buffer whose size is checked here. */

typedef struct {
    PyObject *hook;
    PyThreadState *state;
    Run *run;
    double *frame;
} Caller;

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Signals ten times a second, and the hook after each iteration (cycle >= 0). */
static int call_hook(Run *r, int cycle, int iteration) {
    Caller *caller = r->poll_data;
    double now = seconds(CLOCK_MONOTONIC);
    bool ask = caller->hook && cycle >= 0;
    if (!ask && now < r->next_poll) return 0;
    r->next_poll = now + 0.1;
    PyEval_RestoreThread(caller->state);
    int stop = PyErr_CheckSignals();
    double share = r->work > 0 ? r->done / r->work : 1;
    for (int frame = 0; ask && !stop && frame < 2; frame++) {
        PyObject *answer = PyObject_CallFunction(caller->hook, "iid", cycle, iteration, frame ? -1.0 : share);
        stop = !answer || answer == Py_False;
        if (answer == Py_False) PyErr_SetString(PyExc_InterruptedError, "bundling was cancelled");
        bool wanted = answer == Py_True;
        Py_XDECREF(answer);
        if (!wanted || frame) break;
        caller->state = PyEval_SaveThread();
        write_points(r, caller->frame);
        PyEval_RestoreThread(caller->state);
    }
    caller->state = PyEval_SaveThread();
    return stop;
}

static bool expect(const Py_buffer *b, size_t bytes, const char *what) {
    if ((size_t)b->len == bytes) return true;
    PyErr_Format(PyExc_ValueError, "%s has %zd bytes, %zu expected", what, b->len, bytes);
    return false;
}

/* The first edge of each type, ascending from 0 to the number of edges. */
static bool expect_groups(const Py_buffer *b, size_t edges) {
    const int64_t *group = b->buf;
    size_t count = (size_t)b->len / sizeof *group;
    bool good = b->len % (Py_ssize_t)sizeof *group == 0 && count >= 2 && group[0] == 0 && group[count - 1] == (int64_t)edges;
    for (size_t k = 1; good && k < count; k++) good = group[k] >= group[k - 1];
    if (!good) PyErr_SetString(PyExc_ValueError, "groups do not ascend from 0 to the number of edges");
    return good;
}

static PyObject *fail(const Run *r) {
    if (!PyErr_Occurred()) {
        if (atomic_load(&r->stop) == 2) return PyErr_NoMemory();
        PyErr_SetString(PyExc_InterruptedError, "bundling was cancelled");
    }
    return NULL;
}

static PyObject *py_bundle(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer segments, weights, groups, cycles, steps, out, intensity, start, kin;
    Run run = {0}, *r = &run;
    int flags, level;
    Py_ssize_t limit;
    PyObject *hook, *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*w*w*y*y*dddddddiiinO", &segments, &weights, &groups, &cycles, &steps, &out, &intensity,
                          &start, &kin, &r->o.threshold, &r->o.spring, &r->o.tiny, &r->o.company, &r->origin_x, &r->origin_y, &r->unit,
                          &flags, &r->threads, &level, &limit, &hook))
        return NULL;
    const int32_t *cycle = cycles.buf;
    size_t count = (size_t)cycles.len / (2 * sizeof *cycle), edges = (size_t)segments.len / 32;
    Caller caller = {hook == Py_None ? NULL : hook, NULL, r, out.buf};
    options_from(&r->o, flags);
    r->limit = limit > 0 ? (size_t)limit : 0;
    r->edges = edges, r->segments = segments.buf, r->weights = weights.len ? weights.buf : NULL;
    r->o.weighted = weights.len > 0;
    r->kin = kin.len ? kin.buf : NULL;
    r->poll = call_hook, r->poll_data = &caller;
    if (!count || !edges || edges > INT32_MAX / 2 || r->threads < 1 || r->threads > MAX_THREADS) {
        PyErr_SetString(PyExc_ValueError, "no edges, no cycles, or too many of them");
        goto done;
    }
    for (size_t k = 0; k < count; k++)
        if (cycle[2 * k] < 1 || cycle[2 * k] > 1024 || cycle[2 * k + 1] < 0) {
            PyErr_SetString(PyExc_ValueError, "a cycle has 1..1024 inner points");
            goto done;
        }
    size_t last = (size_t)cycle[2 * count - 2];
    if (!expect(&segments, edges * 32, "segments") || !expect(&cycles, count * 8, "cycles") || !expect_groups(&groups, edges) ||
        (weights.len && !expect(&weights, edges * 4, "weights")) ||
        !expect(&steps, count * 8, "steps") || !expect(&out, edges * (last + 2) * 16, "out") ||
        !expect(&intensity, edges * 4, "intensity") ||
        (start.len && !expect(&start, edges * ((size_t)cycle[0] + 2) * 16, "start")) ||
        (kin.len && !expect(&kin, edges * 16, "kin")))
        goto done;
    double times[3];
    const Lanes *lanes = lanes_of(level);
    caller.state = PyEval_SaveThread();
    bool good = run_all(r, lanes, groups.buf, (size_t)groups.len / 8, cycle, steps.buf, count, start.len ? start.buf : NULL,
                        out.buf, intensity.buf, times);
    PyEval_RestoreThread(caller.state);
    if (good)
        result = Py_BuildValue("(KKdddsi)", (unsigned long long)(2 * r->pairs), (unsigned long long)atomic_load(&r->peak), times[0],
                               times[1], times[2], lanes->name, r->threads);
    else fail(r);
done:
    PyBuffer_Release(&segments), PyBuffer_Release(&weights), PyBuffer_Release(&groups), PyBuffer_Release(&cycles);
    PyBuffer_Release(&steps), PyBuffer_Release(&out), PyBuffer_Release(&intensity), PyBuffer_Release(&start);
    PyBuffer_Release(&kin);
    return result;
}

static PyObject *py_merge(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer segments, groups, members;
    double tolerance;
    int oriented;
    if (!PyArg_ParseTuple(args, "y*y*w*dp", &segments, &groups, &members, &tolerance, &oriented)) return NULL;
    size_t edges = (size_t)segments.len / 32;
    long long supers = -1;
    if (expect(&segments, edges * 32, "segments") && edges <= INT32_MAX / 2 && expect(&members, edges * 4, "members") &&
        expect_groups(&groups, edges)) {
        PyThreadState *state = PyEval_SaveThread();
        supers = merge_edges(segments.buf, edges, groups.buf, (size_t)groups.len / 8, tolerance, oriented, members.buf);
        PyEval_RestoreThread(state);
        if (supers < 0) PyErr_NoMemory();
    }
    PyBuffer_Release(&segments), PyBuffer_Release(&groups), PyBuffer_Release(&members);
    if (supers < 0 && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "too many edges");
    return supers < 0 ? NULL : PyLong_FromLongLong(supers);
}

static PyObject *py_spread(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer segments, supers, members, curves, mass, cycles, steps, out;
    Spread s = {0};
    double tiny, width;
    int level;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*w*ddddii", &segments, &supers, &members, &curves, &mass, &cycles, &steps, &out,
                          &s.unit, &s.spring, &tiny, &width, &s.threads, &level))
        return NULL;
    PyObject *result = NULL;
    size_t edges = (size_t)segments.len / 32, count = (size_t)supers.len / 32;
    s.cycle = cycles.buf, s.cycles = (size_t)cycles.len / 8, s.step = steps.buf, s.lanes = lanes_of(level);
    s.tiny = (float)tiny, s.width = (float)width;
    bool good = s.cycles && s.threads > 0 && s.threads <= MAX_THREADS;
    for (size_t k = 0; k < s.cycles; k++) good = good && s.cycle[2 * k] >= 1 && s.cycle[2 * k] <= 1024;
    size_t points = good ? (size_t)s.cycle[2 * s.cycles - 2] + 2 : 0;
    if (!good) PyErr_SetString(PyExc_ValueError, "a cycle has 1..1024 inner points");
    else if (expect(&members, edges * 4, "members") && expect(&curves, count * points * 16, "curves") &&
             expect(&mass, edges * 4, "mass") && expect(&steps, s.cycles * 8, "steps") && expect(&out, edges * points * 16, "out")) {
        s.edges = edges, s.segments = segments.buf, s.supers = supers.buf, s.member = members.buf, s.curves = curves.buf;
        s.mass = mass.buf, s.out = out.buf, s.count = count;
        PyThreadState *state = PyEval_SaveThread();
        good = spread_members(&s);
        PyEval_RestoreThread(state);
        if (!good) PyErr_SetString(PyExc_ValueError, "a member names no super-edge, or memory ran out");
        else result = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&segments), PyBuffer_Release(&supers), PyBuffer_Release(&members), PyBuffer_Release(&curves);
    PyBuffer_Release(&mass), PyBuffer_Release(&cycles), PyBuffer_Release(&steps), PyBuffer_Release(&out);
    return result;
}

static PyObject *py_density(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer points, counts;
    Raster s = {0};
    int per_edge;
    if (!PyArg_ParseTuple(args, "y*w*iiiddd", &points, &counts, &per_edge, &s.width, &s.height, &s.x0, &s.y0, &s.scale)) return NULL;
    PyObject *result = NULL;
    size_t stride = per_edge > 0 ? (size_t)per_edge * 16 : 0;
    if (per_edge < 2 || s.width < 1 || s.height < 1 || (size_t)points.len % stride) PyErr_SetString(PyExc_ValueError, "a bad shape");
    else if (expect(&counts, (size_t)s.width * (size_t)s.height * 4, "counts")) {
        s.points = points.buf, s.per_edge = (size_t)per_edge, s.edges = (size_t)points.len / stride, s.counts = counts.buf;
        PyThreadState *state = PyEval_SaveThread();
        bool good = draw_density(&s);
        PyEval_RestoreThread(state);
        if (!good) PyErr_NoMemory();
        else result = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&points), PyBuffer_Release(&counts);
    return result;
}

static PyObject *py_reach(PyObject *self, PyObject *args) {
    (void)self;
    Py_buffer points, view, reached;
    Reach s = {0};
    int per_edge;
    if (!PyArg_ParseTuple(args, "y*y*w*illl", &points, &view, &reached, &per_edge, &s.cells, &s.sectors, &s.places)) return NULL;
    size_t each = per_edge > 0 ? (size_t)per_edge * 16 : 1;
    bool good = per_edge >= 2 && (size_t)points.len % each == 0 && s.cells >= 1 && s.cells <= 4096 && s.sectors >= 1 &&
                s.sectors <= 64 && s.places >= 1 && s.places <= 4096;
    s.stride = good ? (size_t)(s.places * s.places + 7) / 8 : 1;
    if (!good || (size_t)reached.len % s.stride) PyErr_SetString(PyExc_ValueError, "a bad shape"), good = false;
    else good = expect(&view, (size_t)(s.cells * s.cells * s.sectors) * 4, "view");
    if (good) {
        s.points = points.buf, s.view = view.buf, s.per_edge = (size_t)per_edge, s.edges = (size_t)points.len / each;
        s.reached = reached.buf, s.views = (size_t)reached.len / s.stride;
        PyThreadState *state = PyEval_SaveThread();
        reach_all(&s);
        PyEval_RestoreThread(state);
    }
    PyBuffer_Release(&points), PyBuffer_Release(&view), PyBuffer_Release(&reached);
    if (!good) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"bundle", py_bundle, METH_VARARGS, "Bundle straight edges; returns pairs, bytes, seconds of three stages, lanes, threads."},
    {"merge", py_merge, METH_VARARGS, "Name the super-edge of each edge; returns how many there are."},
    {"spread", py_spread, METH_VARARGS, "Curves of the members of super-edges, from the curves of those."},
    {"reach", py_reach, METH_VARARGS, "Mark the places that can be reached through cells and directions."},
    {"density", py_density, METH_VARARGS, "Count the edges that touch each pixel."},
    {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot SLOTS[] = {{0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "vigie.drawing._kernel", "The bundling kernel.", 0, METHODS,
                                    SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&MODULE); }
