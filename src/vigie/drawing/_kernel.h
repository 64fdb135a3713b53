/* What the parts of the bundling kernel share: the run, its lists of compatible pairs, its threads.

   The method is force-directed edge bundling (Holten and van Wijk, Computer Graphics Forum 28(3), 2009). Edges are put
   in kd order and cut into tiles of 8. A chunk holds the compatible pairs whose first edge lies in one tile: for each
   of its 8 rows, blocks of (tile, 8 compatibilities in 8 bits). The second edge of a pair always comes later in the
   order, so each pair is stored once, and one reciprocal moves both its edges. */
#ifndef VIGIE_KERNEL_H
#define VIGIE_KERNEL_H

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define TILE 8
#define MAX_THREADS 64
#define ALWAYS static inline __attribute__((always_inline))

typedef struct {
    double threshold, spring, tiny;   /* tiny: eps^2 of the stable solver, else what keeps 0 / 0 away */
    double company;                   /* company at which an edge feels half of the attraction */
    bool angle, scale, position, visibility, directed_angle, late_visibility;
    bool pairing;                     /* an antiparallel pair joins point i with point n - 1 - i */
    bool stable, quadratic, weighted, low_memory;
} Options;

typedef struct {                      /* pairs of one tile's rows; `blocks[row][0]` run along, [1] against */
    uint64_t *c;                      /* 8 compatibilities a block, 0 = not compatible */
    uint32_t *tile;
    uint32_t blocks[TILE][2];
    uint64_t pairs;
} Chunk;

typedef struct {                      /* growing lists in which one thread builds a chunk */
    uint64_t *c[TILE][2];
    uint32_t *tile[TILE][2];
    uint32_t count[TILE][2], room[TILE][2];
    uint64_t *flat_c;                 /* the chunk in one piece, for the low-memory mode */
    uint32_t *flat_tile;
    size_t flat_room;
} Scratch;

typedef struct {                      /* what a tile (or 8 tiles) contains: box of middles, lengths, cone of directions */
    float *x0, *x1, *y0, *y1, *l0, *l1, *turn, *cone;
} Bounds;

typedef struct Pool Pool;
typedef struct Run Run;
typedef void (*Task)(void *, int);
typedef int (*Poll)(Run *, int cycle, int iteration);

struct Run {
    Options o;
    int threads, isa;
    Pool *pool;
    Poll poll;                        /* called by the calling thread only; non-zero stops the run */
    void *poll_data;
    double done, work, next_poll;
    atomic_int stop;                  /* 1: cancelled, 2: out of memory */
    atomic_size_t bytes, peak;
    size_t limit;                     /* bytes that a run may take */

    size_t edges, padded, tiles, supers;
    const double *segments;           /* (edges, 4) in the caller's coordinates */
    const float *weights;             /* (edges) or NULL */
    const float *kin;                 /* (edges, 4) mass of the other members of a super-edge, and their spread: at the
                                         start, at the end, and between both; or NULL */
    double origin_x, origin_y, unit;  /* inner = (outer - origin) * unit */
    int32_t *edge;                    /* (padded) the caller's edge in each place of the order, or -1 */
    uint32_t *group_end;              /* (tiles) one past the last tile of the same type */
    float *mx, *my, *ux, *uy, *length, *inverse, *weight, *valid, *share, *siblings[4];
    float blur, lut[256];
    Bounds tile_bounds, super_bounds;

    Chunk *chunks;
    Scratch *scratch;
    atomic_size_t next_chunk;
    uint64_t pairs;
    double *intensity[MAX_THREADS];   /* (padded) sum of weight x c^2 over the pairs that each thread found */
    double *company[MAX_THREADS];     /* the same of (c - threshold) / (1 - threshold) */

    int n, np, parts;                 /* inner points, points with padding, components of a force */
    float step, cap;
    float *points, *spare, *forces[MAX_THREADS];
    size_t first[MAX_THREADS + 1];    /* chunks of each thread */
    size_t touched[MAX_THREADS];      /* first tile that a thread's forces reach */
};

/* Threads: the caller is thread 0; `pool_run` returns when all have done their part. */
Pool *pool_new(int threads);
void pool_free(Pool *);
void pool_run(Pool *, Task, void *);

void *claim(Run *, size_t bytes);     /* aligned, counted; NULL and stop = 2 beyond the limit */
void release(Run *, void *, size_t bytes);
double exact_compatibility(const Run *, size_t a, size_t b, bool *against);

/* Eight members of super-edges, lane k of every array is member k: how far they are from the curve they follow. */
typedef struct {
    float away[2][1026][TILE];
    float mass[TILE], stiff[TILE];    /* attraction of the other members; spring / length */
    float tiny, width;
} Fan;

/* One set of these for each instruction set. */
typedef struct {
    const char *name;
    bool (*build)(Run *, size_t tile, Scratch *, double *intensity, double *company);
    void (*forces)(Run *, const Chunk *, size_t tile, float *);
    void (*update)(Run *, size_t first_tile, size_t last_tile);
    void (*relax)(Fan *, int n, int iterations, float step);
} Lanes;

static inline bool early(const Run *r) { return r->n < TILE; }

/* Where a point lies: early [tile][i][x, y][edge], later [edge][x, y][i]; `parts` is 2 for points. */
static inline size_t place(const Run *r, size_t e, int i, int part, int parts) {
    if (early(r)) return ((e / TILE * r->n + i) * parts + part) * TILE + e % TILE;
    return (e * parts + part) * r->np + i;
}

#endif
