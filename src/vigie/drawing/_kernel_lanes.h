/* The inner loops of the kernel, included once for each instruction set with
   NAME(x), TARGET (an attribute), LEVEL (0 baseline, 3 x86-64-v3, 4 x86-64-v4) defined. */

typedef float NAME(f8) __attribute__((vector_size(32)));
typedef double NAME(d8) __attribute__((vector_size(64)));
typedef int32_t NAME(i8) __attribute__((vector_size(32)));
#define F8 NAME(f8)
#define I8 NAME(i8)
#define INLINE ALWAYS TARGET

INLINE F8 NAME(load)(const float *p) { return *(const F8 *)p; }
INLINE F8 NAME(all)(float x) { return (F8){x, x, x, x, x, x, x, x}; }

#if LEVEL >= 3
INLINE F8 NAME(min)(F8 a, F8 b) { return (F8)_mm256_min_ps((__m256)a, (__m256)b); }
INLINE F8 NAME(max)(F8 a, F8 b) { return (F8)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE F8 NAME(root)(F8 a) { return (F8)_mm256_sqrt_ps((__m256)a); }
INLINE F8 NAME(inverse)(F8 a) {
    F8 r = (F8)_mm256_rcp_ps((__m256)a);
    return r * (2.0f - a * r);
}
INLINE F8 NAME(widen)(const uint64_t *c) {
    return (F8)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)c)));
}
INLINE unsigned NAME(bits)(I8 mask) { return (unsigned)_mm256_movemask_ps((__m256)mask); }
#else
INLINE F8 NAME(pick)(I8 mask, F8 a, F8 b) { return (F8)(((I8)a & mask) | ((I8)b & ~mask)); }
INLINE F8 NAME(min)(F8 a, F8 b) { return NAME(pick)(a < b, a, b); }
INLINE F8 NAME(max)(F8 a, F8 b) { return NAME(pick)(a > b, a, b); }
INLINE F8 NAME(root)(F8 a) {
    F8 r;
    for (int k = 0; k < 8; k++) r[k] = sqrtf(a[k]);
    return r;
}
INLINE F8 NAME(inverse)(F8 a) { return 1.0f / a; }
INLINE F8 NAME(widen)(const uint64_t *c) {
    const uint8_t *b = (const uint8_t *)c;
    F8 r;
    for (int k = 0; k < 8; k++) r[k] = b[k];
    return r;
}
INLINE unsigned NAME(bits)(I8 mask) {
    unsigned r = 0;
    for (int k = 0; k < 8; k++) r |= (unsigned)(mask[k] & 1) << k;
    return r;
}
#endif
INLINE F8 NAME(size)(F8 a) { return (F8)((I8)a & 0x7fffffff); }
INLINE float NAME(sum)(F8 a) { return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])); }

#if LEVEL >= 4
typedef float NAME(fw) __attribute__((vector_size(64)));
#define FW NAME(fw)
#define WIDE 16
INLINE FW NAME(wmin)(FW a, FW b) { return (FW)_mm512_min_ps((__m512)a, (__m512)b); }
INLINE FW NAME(winverse)(FW a) {
    FW r = (FW)_mm512_rcp14_ps((__m512)a);
    return r * (2.0f - a * r);
}
INLINE FW NAME(wroot)(FW a) { return (FW)_mm512_sqrt_ps((__m512)a); }
INLINE FW NAME(wall)(float x) { return (FW)_mm512_set1_ps(x); }
#else
#define FW F8
#define WIDE 8
#define NAME_w(x) NAME(x)
INLINE FW NAME(wmin)(FW a, FW b) { return NAME(min)(a, b); }
INLINE FW NAME(winverse)(FW a) { return NAME(inverse)(a); }
INLINE FW NAME(wroot)(FW a) { return NAME(root)(a); }
INLINE FW NAME(wall)(float x) { return NAME(all)(x); }
#endif

/* Bit k is set where tile (or super tile) k of 8 may hold an edge compatible with one of tile `a`. */
INLINE unsigned NAME(near)(const Run *r, size_t a, const Bounds *b, size_t at) {
    const Bounds *t = &r->tile_bounds;
    F8 zero = NAME(all)(0), bound = NAME(all)(1.00001f), one = NAME(all)(1);
    F8 l1 = NAME(load)(b->l1 + at);
    if (r->o.scale) {
        F8 high = NAME(max)(NAME(all)(t->l0[a]), NAME(load)(b->l0 + at)), low = NAME(min)(NAME(all)(t->l1[a]), l1);
        F8 ratio = NAME(min)(one, low / high), more = 1 + ratio;
        bound *= 4 * ratio * more / (more * more + 4 * ratio);
    }
    if (r->o.position) {
        F8 dx = NAME(max)(NAME(load)(b->x0 + at) - t->x1[a], t->x0[a] - NAME(load)(b->x1 + at));
        F8 dy = NAME(max)(NAME(load)(b->y0 + at) - t->y1[a], t->y0[a] - NAME(load)(b->y1 + at));
        dx = NAME(max)(dx, zero), dy = NAME(max)(dy, zero);
        F8 average = (l1 + t->l1[a]) * 0.5f;
        bound *= average / (average + NAME(root)(dx * dx + dy * dy));
    }
    if (r->o.angle) {
        F8 turn = NAME(size)(NAME(load)(b->turn + at) - t->turn[a]);
        turn = NAME(min)(turn, 3.1415927f - turn) - NAME(load)(b->cone + at) - t->cone[a];
        turn = NAME(max)(turn, zero), turn *= turn;
        F8 cosine = 1 - turn * 0.5f + turn * turn * (1 / 24.0f);
        bound *= r->o.directed_angle ? (1 + cosine) * 0.5f : cosine;
    }
    return NAME(bits)(bound >= (float)r->o.threshold);
}

/* Compatibility of edge `a` with the 8 edges from `b`; 8-bit codes, and which of them run against `a`. */
INLINE uint64_t NAME(compare)(const Run *r, size_t a, size_t b, unsigned *against, F8 *square, F8 *excess) {
    float ux = r->ux[a], uy = r->uy[a], l = r->length[a], inverse = r->inverse[a];
    F8 vx = NAME(load)(r->ux + b), vy = NAME(load)(r->uy + b), m = NAME(load)(r->length + b), im = NAME(load)(r->inverse + b);
    F8 dx = NAME(load)(r->mx + b) - r->mx[a], dy = NAME(load)(r->my + b) - r->my[a];
    F8 cosine = vx * ux + vy * uy, sharp = NAME(size)(cosine), c = NAME(all)(1);
    F8 average = (m + l) * 0.5f, low = NAME(min)(m, NAME(all)(l)), high = NAME(max)(m, NAME(all)(l));
    if (r->o.angle) c = r->o.directed_angle ? (1 + cosine) * 0.5f : sharp;
    F8 above = average, below = NAME(all)(1);
    if (r->o.position) below = average + NAME(root)(dx * dx + dy * dy); else above = NAME(all)(1);
    if (r->o.scale) above *= 2 * average * low, below *= average * average + low * high;
    c *= above / below;
    if (r->o.visibility) {
        F8 off = NAME(max)(NAME(size)(dx * ux + dy * uy) * im, NAME(size)(dx * vx + dy * vy) * inverse);
        F8 seen = NAME(max)(1 - 2 * off / NAME(max)(sharp, NAME(all)(1e-30f)), NAME(all)(0));
        if (r->o.late_visibility) {
            I8 late = c >= 0.9f;
            seen = (F8)(((I8)seen & late) | ((I8)NAME(all)(1) & ~late));
        }
        c *= seen;
    }
    float t = (float)r->o.threshold;
    I8 real = NAME(load)(r->valid + b) > 0;
    F8 margin = 4e-6f + r->blur * NAME(max)(im, NAME(all)(inverse));
    I8 doubt = (NAME(size)(c - t) < margin) & real;
    if (r->o.late_visibility) doubt |= real;
    I8 keep = (c >= t) & real;
    unsigned kept = NAME(bits)(keep), doubted = NAME(bits)(doubt);
    *against = NAME(bits)(cosine < 0);
    while (doubted) {
        int k = __builtin_ctz(doubted);
        bool back;
        double value = exact_compatibility(r, a, b + k, &back);
        doubted &= doubted - 1;
        c[k] = (float)value;
        kept = value >= r->o.threshold ? kept | 1u << k : kept & ~(1u << k);
        *against = back ? *against | 1u << k : *against & ~(1u << k);
    }
    if (!kept) return 0;
    uint64_t codes = 0;
    float range = t < 1 ? 254 / (1 - t) : 0;
    F8 code = NAME(max)((c - t) * range, NAME(all)(0)) + 1.5f;
    F8 squared = c * c;
    for (unsigned k = kept; k; k &= k - 1) {
        int lane = __builtin_ctz(k);
        unsigned q = (unsigned)code[lane];
        codes |= (uint64_t)(q > 255 ? 255 : q) << (8 * lane);
    }
    F8 over = (c - t) * (t < 1 ? 1 / (1 - t) : 0);
    over *= over;
    for (int k = 0; k < 8; k++) {
        (*square)[k] = kept >> k & 1 ? squared[k] : 0;
        (*excess)[k] = kept >> k & 1 ? over[k] : 0;
    }
    return codes;
}

INLINE bool NAME(append)(Run *r, Scratch *s, int row, int list, uint64_t codes, size_t tile) {
    uint32_t n = s->count[row][list];
    if (n == s->room[row][list] && !scratch_grow(r, s, row, list)) return false;
    s->c[row][list][n] = codes;
    s->tile[row][list][n] = (uint32_t)tile;
    s->count[row][list] = n + 1;
    return true;
}

/* Sums of multiples of 2^-20 are exact, so they do not depend on which thread found which pair. */
INLINE NAME(d8) NAME(grains)(F8 x) {
    NAME(d8) d = __builtin_convertvector(x, NAME(d8));
    return (d + 6442450944.0) - 6442450944.0;
}
INLINE void NAME(add_up)(double *sums, size_t a, size_t b, F8 to_a, F8 to_b) {
    NAME(d8) one = NAME(grains)(to_a);
    sums[a] += ((one[0] + one[4]) + (one[2] + one[6])) + ((one[1] + one[5]) + (one[3] + one[7]));
    *(NAME(d8) *)(sums + b) += NAME(grains)(to_b);
}

INLINE bool NAME(pair_tiles)(Run *r, size_t a, size_t b, Scratch *s, double *intensity, double *company) {
    static const uint64_t LATER = ~0ull;
    for (int row = 0; row < TILE; row++) {
        size_t e = a * TILE + row;
        if (r->edge[e] < 0) break;
        unsigned against = 0;
        F8 square = NAME(all)(0), excess = square;
        uint64_t codes = NAME(compare)(r, e, b * TILE, &against, &square, &excess);
        if (a == b) {
            uint64_t later = row == TILE - 1 ? 0 : LATER << (8 * (row + 1));
            codes &= later;
            for (int k = 0; k <= row; k++) square[k] = excess[k] = 0;
        }
        if (!codes) continue;
        NAME(add_up)(intensity, e, b * TILE, square * NAME(load)(r->weight + b * TILE), square * r->weight[e]);
        NAME(add_up)(company, e, b * TILE, excess * NAME(load)(r->weight + b * TILE), excess * r->weight[e]);
        uint64_t back = 0;
        if (r->o.pairing)
            for (unsigned k = against; k; k &= k - 1) back |= 0xffull << (8 * __builtin_ctz(k));
        if (codes & ~back && !NAME(append)(r, s, row, 0, codes & ~back, b)) return false;
        if (codes & back && !NAME(append)(r, s, row, 1, codes & back, b)) return false;
    }
    return true;
}

/* Fill `s` with the compatible pairs of the rows of one tile. False if memory ran out. */
static TARGET bool NAME(build)(Run *r, size_t a, Scratch *s, double *intensity, double *company) {
    size_t end = r->group_end[a];
    memset(s->count, 0, sizeof s->count);
    for (size_t super = a / TILE; super * TILE < end; ) {
        size_t base = super / TILE * TILE;
        unsigned hits = NAME(near)(r, a, &r->super_bounds, base) >> (super - base) << (super - base);
        for (; hits; hits &= hits - 1) {
            size_t first = (base + __builtin_ctz(hits)) * TILE;
            if (first >= end) break;
            for (unsigned close = NAME(near)(r, a, &r->tile_bounds, first); close; close &= close - 1) {
                size_t b = first + __builtin_ctz(close);
                if (b < a || b >= end) continue;
                if (!NAME(pair_tiles)(r, a, b, s, intensity, company)) return false;
            }
        }
        super = base + TILE;
    }
    return true;
}

/* Forces while an edge has fewer than 8 inner points: 8 edges a vector. `n` and the flags are constants where called. */
INLINE void NAME(early_rows)(Run *r, const Chunk *c, size_t tile, float *f, int n, bool stable, bool weighted, bool quadratic) {
    int parts = stable ? 3 : 2;
    const uint64_t *codes = c->c;
    const uint32_t *tiles = c->tile;
    float step = r->lut[2] - r->lut[1], base = r->lut[1] - step;
    F8 cap = NAME(all)(r->cap), zero = NAME(all)(0);
    for (int row = 0; row < TILE; row++) {
        const float *a = r->points + tile * n * 2 * TILE + row;
        float wa = r->weight[tile * TILE + row];
        F8 fx[8], fy[8], fm[8];
        if (!(c->blocks[row][0] | c->blocks[row][1])) continue;
        for (int i = 0; i < n; i++) fx[i] = fy[i] = fm[i] = zero;
        for (int list = 0; list < 2; list++) {
            F8 ax[8], ay[8];
            for (int i = 0; i < n; i++) {
                int from = list ? n - 1 - i : i;
                ax[i] = NAME(all)(a[from * 2 * TILE]), ay[i] = NAME(all)(a[(from * 2 + 1) * TILE]);
            }
            for (uint32_t k = c->blocks[row][list]; k; k--, codes++, tiles++) {
                F8 q = NAME(widen)(codes);
                F8 v = (F8)((I8)(base + step * q) & (q > zero));
                const float *b = r->points + (size_t)*tiles * n * 2 * TILE;
                float *g = f + (size_t)*tiles * n * parts * TILE;
                F8 vb = weighted ? v * NAME(load)(r->weight + (size_t)*tiles * TILE) : v, va = weighted ? v * wa : v;
                for (int i = 0; i < n; i++, b += 2 * TILE, g += parts * TILE) {
                    F8 dx = NAME(load)(b) - ax[i], dy = NAME(load)(b + TILE) - ay[i];
                    F8 d2 = dx * dx + (dy * dy + (float)r->o.tiny);
                    F8 m = NAME(inverse)(quadratic ? d2 * NAME(root)(d2) : d2);
                    F8 mb = m * vb, ma = weighted ? m * va : mb;
                    if (!stable) mb = NAME(min)(mb, cap), ma = weighted ? NAME(min)(ma, cap) : mb;
                    fx[i] += mb * dx, fy[i] += mb * dy;
                    *(F8 *)g -= ma * dx, *(F8 *)(g + TILE) -= ma * dy;
                    if (stable) fm[i] += mb, *(F8 *)(g + 2 * TILE) += ma;
                }
            }
            float *own = f + tile * n * parts * TILE + row;
            for (int i = 0; i < n; i++) {
                float *o = own + (size_t)(list ? n - 1 - i : i) * parts * TILE;
                o[0] += NAME(sum)(fx[i]), o[TILE] += NAME(sum)(fy[i]);
                if (stable) o[2 * TILE] += NAME(sum)(fm[i]);
                fx[i] = fy[i] = fm[i] = zero;
            }
        }
    }
}

/* One pair, `V` vectors of type `T` from point `o` on. */
#define PAIR(T, L, V, MIN, INVERSE, ROOT, ALL)                                                                        \
    do {                                                                                                              \
        const float *b = r->points + e * 2 * np + o;                                                                  \
        float *g = f + e * parts * np + o;                                                                            \
        T vb = ALL(weighted ? v * r->weight[e] : v), va = ALL(weighted ? v * wa : v);                                 \
        for (int h = 0; h < V; h++, b += L, g += L) {                                                                 \
            T dx = *(const T *)b - ax[h], dy = *(const T *)(b + np) - ay[h];                                          \
            T d2 = dx * dx + (dy * dy + tiny);                                                                        \
            T m = INVERSE(quadratic ? d2 * ROOT(d2) : d2), mb = m * vb, ma = weighted ? m * va : mb;                  \
            if (!stable) mb = MIN(mb, cap), ma = weighted ? MIN(ma, cap) : mb;                                        \
            fx[h] += mb * dx, fy[h] += mb * dy;                                                                       \
            *(T *)g -= ma * dx, *(T *)(g + np) -= ma * dy;                                                            \
            if (stable) fm[h] += mb, *(T *)(g + 2 * np) += ma;                                                        \
        }                                                                                                             \
    } while (0)

/* Forces when edges have 8 inner points or more: the points of one edge a vector. */
#define LATE(FUNCTION, T, L, MIN, INVERSE, ROOT, ALL)                                                                 \
    INLINE void FUNCTION(Run *r, const Chunk *c, size_t tile, float *f, int V, bool stable, bool weighted,            \
                         bool quadratic) {                                                                            \
        size_t np = r->np, parts = stable ? 3 : 2;                                                                    \
        const uint64_t *codes = c->c;                                                                                 \
        const uint32_t *tiles = c->tile;                                                                              \
        float turned[2 * 64] __attribute__((aligned(64)));                                                            \
        T cap = ALL(r->cap), tiny = ALL((float)r->o.tiny);                                                            \
        for (int row = 0; row < TILE; row++)                                                                          \
            for (int list = 0; list < 2; list++) {                                                                    \
                uint32_t blocks = c->blocks[row][list];                                                               \
                size_t self = tile * TILE + row;                                                                      \
                const float *own = r->points + self * 2 * np;                                                         \
                float wa = r->weight[self];                                                                           \
                for (size_t o = 0; blocks && o < np; o += V * L) {                                                    \
                    T ax[2], ay[2], fx[2], fy[2], fm[2];                                                              \
                    if (list)                                                                                         \
                        for (size_t i = 0; i < (size_t)V * L; i++) {                                                  \
                            size_t from = o + i < (size_t)r->n ? r->n - 1 - o - i : o + i;                            \
                            turned[i] = own[from], turned[64 + i] = own[np + from];                                   \
                        }                                                                                             \
                    for (int h = 0; h < V; h++) {                                                                     \
                        ax[h] = *(const T *)(list ? turned + h * L : own + o + h * L);                                \
                        ay[h] = *(const T *)(list ? turned + 64 + h * L : own + np + o + h * L);                      \
                        fx[h] = fy[h] = fm[h] = ALL(0);                                                               \
                    }                                                                                                 \
                    for (uint32_t k = 0; k < blocks; k++)                                                             \
                        for (uint64_t bits = codes[k]; bits;) {                                                       \
                            int lane = __builtin_ctzll(bits) / 8;                                                     \
                            float v = r->lut[bits >> (8 * lane) & 255];                                               \
                            size_t e = (size_t)tiles[k] * TILE + lane;                                                \
                            bits &= ~(0xffull << (8 * lane));                                                         \
                            PAIR(T, L, V, MIN, INVERSE, ROOT, ALL);                                                   \
                        }                                                                                             \
                    for (int h = 0; h < V; h++)                                                                       \
                        for (int i = 0; i < L; i++) {                                                                 \
                            size_t at = o + h * L + i;                                                                \
                            if (list && at < (size_t)r->n) at = r->n - 1 - at;                                        \
                            f[self * parts * np + at] += fx[h][i];                                                    \
                            f[(self * parts + 1) * np + at] += fy[h][i];                                              \
                            if (stable) f[(self * parts + 2) * np + at] += fm[h][i];                                  \
                        }                                                                                             \
                }                                                                                                     \
                codes += blocks, tiles += blocks;                                                                     \
            }                                                                                                         \
    }
LATE(NAME(late_8), F8, 8, NAME(min), NAME(inverse), NAME(root), NAME(all))
LATE(NAME(late_wide), FW, WIDE, NAME(wmin), NAME(winverse), NAME(wroot), NAME(wall))

#define EACH_SOLVER(CALL)                                                                                             \
    do {                                                                                                              \
        Options *q = &r->o;                                                                                           \
        if (q->stable && q->weighted) CALL(true, true, false);                                                        \
        else if (q->stable) CALL(true, false, false);                                                                 \
        else if (q->quadratic) CALL(false, true, true);                                                               \
        else if (q->weighted) CALL(false, true, false);                                                               \
        else CALL(false, false, false);                                                                               \
    } while (0)
#define EARLY(n)                                                                                                      \
    static TARGET __attribute__((noinline)) void NAME(early_##n)(Run *r, const Chunk *c, size_t tile, float *f) {     \
        EACH_SOLVER(EARLY_CALL_##n);                                                                                  \
    }
#define EARLY_CALL_1(s, w, q) NAME(early_rows)(r, c, tile, f, 1, s, w, q)
#define EARLY_CALL_2(s, w, q) NAME(early_rows)(r, c, tile, f, 2, s, w, q)
#define EARLY_CALL_4(s, w, q) NAME(early_rows)(r, c, tile, f, 4, s, w, q)
#define EARLY_CALL_n(s, w, q) NAME(early_rows)(r, c, tile, f, r->n, s, w, q)
EARLY(1)
EARLY(2)
EARLY(4)
EARLY(n)

#define LATE_8(s, w, q) NAME(late_8)(r, c, tile, f, 1, s, w, q)
#define LATE_ONE(s, w, q) NAME(late_wide)(r, c, tile, f, 1, s, w, q)
#define LATE_TWO(s, w, q) NAME(late_wide)(r, c, tile, f, 2, s, w, q)
static TARGET __attribute__((noinline)) void NAME(late_1)(Run *r, const Chunk *c, size_t tile, float *f) {
    if (WIDE == 16 && r->np % 16 == 0) EACH_SOLVER(LATE_ONE); else EACH_SOLVER(LATE_8);
}
static TARGET __attribute__((noinline)) void NAME(late_2)(Run *r, const Chunk *c, size_t tile, float *f) {
    EACH_SOLVER(LATE_TWO);
}

/* Add the forces of one chunk's pairs to a thread's buffer. */
static void NAME(forces)(Run *r, const Chunk *c, size_t tile, float *f) {
    if (!early(r)) {
        if (r->np % (2 * WIDE) == 0) NAME(late_2)(r, c, tile, f);
        else NAME(late_1)(r, c, tile, f);
    } else if (r->n == 1) NAME(early_1)(r, c, tile, f);
    else if (r->n == 2) NAME(early_2)(r, c, tile, f);
    else if (r->n == 4) NAME(early_4)(r, c, tile, f);
    else NAME(early_n)(r, c, tile, f);
}

/* What the members of a super-edge add to its inertia, `t` of the way along it: each waits for all the others. */
INLINE F8 NAME(inertia)(const Run *r, F8 t, F8 mass, F8 at_start, F8 at_end, F8 between) {
    F8 u = 1 - t, spread = u * u * at_start + t * t * at_end + 2 * t * u * between;
    return mass / (NAME(max)(spread, NAME(all)(0)) + (float)r->o.tiny);
}

/* Move 8 points by their forces and the springs, and clear the forces (which are `gap` apart by component). */
INLINE void NAME(advance)(const Run *r, int threads, size_t at, F8 inertia, F8 x, F8 y, F8 sx, F8 sy, F8 kp, F8 share,
                          size_t gap, float *ox, float *oy) {
    bool stable = r->o.stable;
    F8 fx = NAME(all)(0), fy = fx, fm = inertia;
    for (int t = 0; t < threads; t++) {
        float *f = r->forces[t] + at;
        fx += *(F8 *)f, fy += *(F8 *)(f + gap);
        *(F8 *)f = *(F8 *)(f + gap) = NAME(all)(0);
        if (stable) fm += *(F8 *)(f + 2 * gap), *(F8 *)(f + 2 * gap) = NAME(all)(0);
    }
    fx *= share, fy *= share, fm *= share;
    float s = r->step;
    if (!stable) kp = NAME(min)(kp, NAME(all)(0.5f / s)); /* beyond it an explicit spring throws a short edge ever further */
    F8 mx = s * (fx + kp * (sx - 2 * x)), my = s * (fy + kp * (sy - 2 * y));
    if (stable) {
        F8 damp = 1 / (1 + s * (fm + 2 * kp));
        mx *= damp, my *= damp;
    }
    *(F8 *)ox = x + mx, *(F8 *)oy = y + my;
}

INLINE F8 NAME(ramp)(void) { return (F8){0, 1, 2, 3, 4, 5, 6, 7}; }
typedef F8 NAME(loose) __attribute__((aligned(4)));

INLINE void NAME(update_late)(Run *r, size_t e, int threads, const float *ends, float *old) {
    size_t np = r->np, n = r->n;
    float *x = r->points + e * 2 * np, *y = x + np, *ox = old + 8, *oy = ox + np + 16;
    memcpy(ox, x, np * sizeof *x), memcpy(oy, y, np * sizeof *y);
    ox[-1] = ends[0], oy[-1] = ends[1], ox[n] = ends[2], oy[n] = ends[3];
    F8 kp = NAME(all)((float)r->o.spring * r->inverse[e] / (float)(n + 1)), share = NAME(all)(r->share[e]);
    for (size_t i = 0; i < np; i += 8) {
        F8 sx = *(NAME(loose) *)(ox + i - 1) + *(NAME(loose) *)(ox + i + 1);
        F8 sy = *(NAME(loose) *)(oy + i - 1) + *(NAME(loose) *)(oy + i + 1);
        F8 inertia = NAME(all)(0);
        if (r->kin)
            inertia = NAME(inertia)(r, (NAME(ramp)() + (float)(i + 1)) / (float)(n + 1), NAME(all)(r->siblings[0][e]),
                                    NAME(all)(r->siblings[1][e]), NAME(all)(r->siblings[2][e]), NAME(all)(r->siblings[3][e]));
        NAME(advance)(r, threads, e * r->parts * np + i, inertia, NAME(load)(x + i), NAME(load)(y + i), sx, sy, kp, share, np,
                      x + i, y + i);
    }
    for (size_t i = n; i < np; i++) x[i] = y[i] = 0;
}

INLINE void NAME(update_early)(Run *r, size_t tile, int threads, float (*ends)[TILE]) {
    int n = r->n;
    float *p = r->points + tile * n * 2 * TILE;
    F8 bx = NAME(load)(ends[0]), by = NAME(load)(ends[1]);
    F8 kp = (float)r->o.spring * NAME(load)(r->inverse + tile * TILE) / (float)(n + 1), share = NAME(load)(r->share + tile * TILE);
    for (int i = 0; i < n; i++, p += 2 * TILE) {
        F8 x = NAME(load)(p), y = NAME(load)(p + TILE);
        F8 ax = NAME(load)(i + 1 < n ? p + 2 * TILE : ends[2]), ay = NAME(load)(i + 1 < n ? p + 3 * TILE : ends[3]);
        size_t at = (tile * n + i) * r->parts * TILE;
        F8 inertia = NAME(all)(0);
        if (r->kin)
            inertia = NAME(inertia)(r, NAME(all)((float)(i + 1) / (float)(n + 1)), NAME(load)(r->siblings[0] + tile * TILE),
                                    NAME(load)(r->siblings[1] + tile * TILE), NAME(load)(r->siblings[2] + tile * TILE),
                                    NAME(load)(r->siblings[3] + tile * TILE));
        NAME(advance)(r, threads, at, inertia, x, y, bx + ax, by + ay, kp, share, TILE, p, p + TILE);
        bx = x, by = y;
    }
}

/* One Jacobi step of the edges in a range of tiles. */
static TARGET void NAME(update)(Run *r, size_t first, size_t last) {
    float old[2 * (1024 + 32)] __attribute__((aligned(64))) = {0}, ends[4][TILE] __attribute__((aligned(64)));
    for (size_t tile = first; tile < last; tile++) {
        int threads = 0;
        while (threads < r->threads && r->touched[threads] <= tile) threads++;
        for (int k = 0; k < TILE; k++) {
            float end[4];
            edge_ends(r, tile * TILE + k, end);
            for (int j = 0; j < 4; j++) ends[j][k] = end[j];
            if (!early(r)) NAME(update_late)(r, tile * TILE + k, threads, end, old);
        }
        if (early(r)) NAME(update_early)(r, tile, threads, ends);
    }
}

/* Jacobi steps of the distances of 8 members from their super-edge's curve: drawn to it by the others, held by springs. */
static TARGET void NAME(relax)(Fan *f, int n, int iterations, float step) {
    F8 mass = NAME(load)(f->mass), kp = NAME(load)(f->stiff) / (float)(n + 1);
    for (int k = 0; k < iterations; k++) {
        F8 bx = NAME(load)(f->away[0][0]), by = NAME(load)(f->away[1][0]);
        for (int i = 1; i <= n; i++) {
            F8 x = NAME(load)(f->away[0][i]), y = NAME(load)(f->away[1][i]);
            F8 pull = mass * NAME(inverse)(f->width * (x * x + y * y) + f->tiny);
            F8 damp = step * NAME(inverse)(1 + step * (pull + 2 * kp));
            F8 sx = bx + NAME(load)(f->away[0][i + 1]) - 2 * x, sy = by + NAME(load)(f->away[1][i + 1]) - 2 * y;
            *(F8 *)f->away[0][i] = x + damp * (kp * sx - pull * x);
            *(F8 *)f->away[1][i] = y + damp * (kp * sy - pull * y);
            bx = x, by = y;
        }
    }
}

static const Lanes NAME(lanes) = {NAME(label), NAME(build), NAME(forces), NAME(update), NAME(relax)};

#undef F8
#undef I8
#undef FW
#undef WIDE
#undef INLINE
#undef NAME_w
#undef PAIR
#undef LATE
#undef EACH_SOLVER
#undef EARLY
#undef EARLY_CALL_1
#undef EARLY_CALL_2
#undef EARLY_CALL_4
#undef EARLY_CALL_n
#undef LATE_8
#undef LATE_ONE
#undef LATE_TWO
