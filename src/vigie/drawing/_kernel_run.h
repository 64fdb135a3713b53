/* A run: order, compatible pairs, then cycles of forces and moves. */

static void options_from(Options *o, int flags) {
    bool *list[] = {&o->angle, &o->scale, &o->position, &o->visibility, &o->directed_angle, &o->late_visibility,
                    &o->pairing, &o->stable, &o->quadratic, &o->low_memory};
    for (int k = 0; k < 10; k++) *list[k] = flags >> k & 1;
}

typedef struct {
    Run *run;
    const Lanes *lanes;
    double *out;
    const double *start;
    int before;                       /* inner points of the cycle before, 0 at first */
} Job;

static bool halted(Run *r) { return atomic_load(&r->stop) != 0; }

static bool ask(Run *r, int thread, int cycle, int iteration) {
    if (!thread && r->poll && r->poll(r, cycle, iteration)) atomic_store(&r->stop, 1);
    return !halted(r);
}

static void free_scratch(Scratch *s) {
    for (int row = 0; row < TILE; row++)
        for (int list = 0; list < 2; list++) free(s->c[row][list]), free(s->tile[row][list]);
    free(s->flat_c);
    memset(s, 0, sizeof *s);
}

/* Put the lists of a scratch one after the other; `c` and `tile` must have room. */
static void flatten(const Scratch *s, Chunk *chunk) {
    size_t at = 0;
    uint64_t pairs = 0;
    for (int row = 0; row < TILE; row++)
        for (int list = 0; list < 2; list++) {
            uint32_t n = s->count[row][list];
            if (n) {
                memcpy(chunk->c + at, s->c[row][list], n * sizeof *chunk->c);
                memcpy(chunk->tile + at, s->tile[row][list], n * sizeof *chunk->tile);
            }
            chunk->blocks[row][list] = n;
            at += n;
        }
    for (size_t k = 0; k < at; k++)
        for (uint64_t c = chunk->c[k]; c; c >>= 8) pairs += (c & 255) != 0;
    chunk->pairs = pairs;
}

static size_t blocks_of(const Scratch *s) {
    size_t n = 0;
    for (int row = 0; row < TILE; row++) n += (size_t)s->count[row][0] + s->count[row][1];
    return n;
}

static void build_task(void *data, int thread) {
    Job *job = data;
    Run *r = job->run;
    Scratch *s = &r->scratch[thread];
    for (size_t t; (t = atomic_fetch_add(&r->next_chunk, 1)) < r->tiles;) {
        if (!ask(r, thread, -1, 0) || !job->lanes->build(r, t, s, r->intensity[thread], r->company[thread])) return;
        Chunk *chunk = &r->chunks[t];
        size_t n = blocks_of(s), bytes = n * (sizeof *chunk->c + sizeof *chunk->tile);
        uint64_t *room = n ? claim(r, bytes) : NULL;
        if (n && !room) return;
        chunk->c = room, chunk->tile = (uint32_t *)(room + n);
        flatten(s, chunk);
        if (r->o.low_memory) {
            release(r, room, bytes);
            chunk->c = NULL, chunk->tile = NULL;
        }
    }
}

static void share_out(Run *r) {
    uint64_t total = 0, sum = 0;
    for (size_t t = 0; t < r->tiles; t++) total += r->chunks[t].pairs + 16;
    int thread = 0;
    r->first[0] = 0;
    for (size_t t = 0; t < r->tiles; t++) {
        while (thread + 1 < r->threads && sum * (uint64_t)r->threads >= total * (uint64_t)(thread + 1)) r->first[++thread] = t;
        sum += r->chunks[t].pairs + 16;
    }
    while (thread < r->threads) r->first[++thread] = r->tiles;
    for (int k = 0; k < r->threads; k++) r->touched[k] = r->first[k];
}

static void force_task(void *data, int thread) {
    Job *job = data;
    Run *r = job->run;
    Scratch *s = &r->scratch[thread];
    for (size_t t = r->first[thread]; t < r->first[thread + 1] && !halted(r); t++) {
        Chunk *chunk = &r->chunks[t], again;
        if (!chunk->pairs) continue;
        if ((t & 255) == 255 && !ask(r, thread, -1, 0)) return;
        if (r->o.low_memory) {
            if (!job->lanes->build(r, t, s, r->intensity[thread], r->company[thread])) return;
            size_t n = blocks_of(s);
            if (n > s->flat_room) {
                free(s->flat_c);
                s->flat_room = 0, s->flat_c = malloc(2 * n * (sizeof *again.c + sizeof *again.tile));
                if (!s->flat_c) {
                    atomic_store(&r->stop, 2);
                    return;
                }
                s->flat_room = 2 * n, s->flat_tile = (uint32_t *)(s->flat_c + s->flat_room);
            }
            again.c = s->flat_c, again.tile = s->flat_tile;
            flatten(s, &again);
            chunk = &again;
        }
        job->lanes->forces(r, chunk, t, r->forces[thread]);
    }
}

static void part_of(const Run *r, int thread, size_t *first, size_t *last) {
    *first = r->tiles * (size_t)thread / (size_t)r->threads;
    *last = r->tiles * (size_t)(thread + 1) / (size_t)r->threads;
}

static void update_task(void *data, int thread) {
    Job *job = data;
    size_t first, last;
    part_of(job->run, thread, &first, &last);
    job->lanes->update(job->run, first, last);
}

/* `count` points at equal distances along the polyline of `n` points, ends included in both. */
static void resample(const float *x, const float *y, int n, float *nx, float *ny, int count) {
    float total = 0;
    for (int i = 1; i < n; i++) total += hypotf(x[i] - x[i - 1], y[i] - y[i - 1]);
    float gap = total / (float)(count - 1), walked = 0;
    int i = 1;
    float piece = hypotf(x[1] - x[0], y[1] - y[0]);
    for (int k = 1; k < count - 1; k++) {
        float want = gap * (float)k;
        while (i < n - 1 && walked + piece < want) {
            walked += piece, i++;
            piece = hypotf(x[i] - x[i - 1], y[i] - y[i - 1]);
        }
        float t = piece > 0 ? (want - walked) / piece : 0;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        nx[k] = x[i - 1] + t * (x[i] - x[i - 1]), ny[k] = y[i - 1] + t * (y[i] - y[i - 1]);
    }
    nx[0] = x[0], ny[0] = y[0], nx[count - 1] = x[n - 1], ny[count - 1] = y[n - 1];
}

/* Points of a new cycle from those of the last one, from a given start, or from the straight line. */
static void refine_task(void *data, int thread) {
    Job *job = data;
    Run *r = job->run;
    float x[1026], y[1026], nx[1026], ny[1026], end[4];
    size_t first, last;
    part_of(r, thread, &first, &last);
    Run old = {.n = job->before, .np = job->before <= 8 ? 8 : (job->before + 15) / 16 * 16};
    for (size_t e = first * TILE; e < last * TILE; e++) {
        edge_ends(r, e, end);
        int n = r->n;
        const double *start = job->start && r->edge[e] >= 0 ? job->start + (size_t)r->edge[e] * 2 * ((size_t)n + 2) : NULL;
        if (start)
            for (int i = 1; i <= n; i++) {
                nx[i] = (float)((start[2 * i] - r->origin_x) * r->unit);
                ny[i] = (float)((start[2 * i + 1] - r->origin_y) * r->unit);
            }
        else {
            int b = job->before;
            x[0] = end[0], y[0] = end[1], x[b + 1] = end[2], y[b + 1] = end[3];
            for (int i = 0; i < b; i++) x[i + 1] = r->points[place(&old, e, i, 0, 2)], y[i + 1] = r->points[place(&old, e, i, 1, 2)];
            resample(x, y, b + 2, nx, ny, n + 2);
        }
        for (int i = 0; i < n; i++) {
            r->spare[place(r, e, i, 0, 2)] = nx[i + 1];
            r->spare[place(r, e, i, 1, 2)] = ny[i + 1];
        }
        if (!early(r))
            for (int i = n; i < r->np; i++) r->spare[place(r, e, i, 0, 2)] = r->spare[place(r, e, i, 1, 2)] = 0;
    }
}

static void write_range(const Run *r, size_t first, size_t last, double *out) {
    for (size_t e = first; e < last; e++) {
        if (r->edge[e] < 0) continue;
        const double *s = r->segments + 4 * (size_t)r->edge[e];
        double *o = out + (size_t)r->edge[e] * 2 * ((size_t)r->n + 2), back = 1 / r->unit;
        o[0] = s[0], o[1] = s[1];
        for (int i = 0; i < r->n; i++) {
            o[2 * i + 2] = r->points[place(r, e, i, 0, 2)] * back + r->origin_x;
            o[2 * i + 3] = r->points[place(r, e, i, 1, 2)] * back + r->origin_y;
        }
        o[2 * r->n + 2] = s[2], o[2 * r->n + 3] = s[3];
    }
}

static void write_points(const Run *r, double *out) {
    if (r->points && r->n) write_range(r, 0, r->padded, out);
}

static void write_task(void *data, int thread) {
    Job *job = data;
    size_t first, last;
    part_of(job->run, thread, &first, &last);
    write_range(job->run, first * TILE, last * TILE, job->out);
}

static size_t floats_of(const Run *r, int parts) {
    return r->padded * (size_t)parts * (size_t)(early(r) ? r->n : r->np);
}

/* Points of a cycle of `n` inner points, from those of the cycle before. */
static void open_cycle(Job *job, int n) {
    Run *r = job->run;
    job->before = r->n;
    if (job->before == n) return;
    r->n = n, r->np = n <= 8 ? 8 : (n + 15) / 16 * 16;
    pool_run(r->pool, refine_task, job);
    float *fresh = r->spare;
    r->spare = r->points, r->points = fresh, job->start = NULL;
    for (int k = 0; k < r->threads; k++) memset(r->forces[k], 0, floats_of(r, r->parts) * 4);
}

/* Room for the largest cycle; pages are touched as the cycles grow. */
static bool claim_points(Run *r, const int32_t *cycle, size_t count) {
    size_t most = 0;
    Run at = *r;
    for (size_t k = 0; k < count; k++) {
        at.n = cycle[2 * k], at.np = at.n <= 8 ? 8 : (at.n + 15) / 16 * 16;
        size_t floats = floats_of(&at, 1);
        most = floats > most ? floats : most;
    }
    r->parts = r->o.stable ? 3 : 2;
    r->points = claim(r, most * 8), r->spare = claim(r, most * 8);
    for (int k = 0; k < r->threads; k++)
        if (!(r->forces[k] = claim(r, most * 4 * (size_t)r->parts))) return false;
    return r->points && r->spare;
}

static bool iterate(Job *job, const int32_t *cycle, const double *steps, size_t count) {
    Run *r = job->run;
    if (!claim_points(r, cycle, count)) return false;
    for (size_t k = 0; k < count; k++) r->work += (double)cycle[2 * k] * cycle[2 * k + 1];
    for (size_t k = 0; k < count; k++) {
        open_cycle(job, cycle[2 * k]);
        r->step = (float)steps[k], r->cap = (float)(1 / steps[k]);
        for (int j = 0; j < cycle[2 * k + 1]; j++) {
            pool_run(r->pool, force_task, job);
            if (halted(r)) return false;
            pool_run(r->pool, update_task, job);
            r->done += cycle[2 * k];
            if (!ask(r, 0, (int)k, j)) return false;
        }
    }
    return true;
}

static double lap(double *last) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double now = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec, spent = now - *last;
    *last = now;
    return spent;
}

static bool pair_up(Job *job, float *intensity) {
    Run *r = job->run;
    r->chunks = claim(r, r->tiles * sizeof *r->chunks);
    r->scratch = calloc((size_t)r->threads, sizeof *r->scratch);
    if (!r->chunks) return false;
    memset(r->chunks, 0, r->tiles * sizeof *r->chunks);
    for (int k = 0; k < r->threads; k++) {
        r->intensity[k] = claim(r, r->padded * 8), r->company[k] = claim(r, r->padded * 8);
        if (!r->scratch || !r->intensity[k] || !r->company[k]) return false;
        memset(r->intensity[k], 0, r->padded * 8), memset(r->company[k], 0, r->padded * 8);
    }
    pool_run(r->pool, build_task, job);
    if (halted(r)) return false;
    for (size_t e = 0; e < r->padded; e++) {
        double sum = 0, company = fmax(r->weight[e] - 1, 0), half = r->o.company;
        for (int k = 0; k < r->threads; k++) sum += r->intensity[k][e], company += r->company[k][e];
        if (r->edge[e] < 0) continue;
        intensity[r->edge[e]] = (float)sum;
        r->share[e] = half > 0 ? (float)(company / (company + half)) : 1;
    }
    for (size_t t = 0; t < r->tiles; t++) r->pairs += r->chunks[t].pairs;
    r->lut[0] = 0;
    for (int q = 1; q < 256; q++) r->lut[q] = (float)(r->o.threshold + (q - 1) / 254.0 * (1 - r->o.threshold));
    share_out(r);
    return true;
}

static void free_run(Run *r) {
    for (size_t t = 0; r->chunks && t < r->tiles; t++) free(r->chunks[t].c);
    for (int k = 0; r->scratch && k < r->threads; k++) free_scratch(&r->scratch[k]);
    for (int k = 0; k < r->threads; k++) free(r->intensity[k]), free(r->company[k]), free(r->forces[k]);
    void *list[] = {r->chunks, r->scratch, r->points, r->spare, r->edge, r->group_end, r->mx, r->my, r->ux, r->uy, r->length,
                    r->inverse, r->weight, r->valid, r->share,
                    r->siblings[0], r->siblings[1], r->siblings[2], r->siblings[3]};
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) free(list[k]);
    free_bounds(r, &r->tile_bounds, r->tiles), free_bounds(r, &r->super_bounds, r->supers);
    pool_free(r->pool);
}

/* `cycle` holds pairs (inner points, iterations); `times` receives the seconds of ordering, pairing and moving. */
static bool run_all(Run *r, const Lanes *lanes, const int64_t *group, size_t groups, const int32_t *cycle, const double *steps,
                    size_t count, const double *start, double *out, float *intensity, double *times) {
    double clock = 0;
    Job job = {.run = r, .lanes = lanes, .out = out, .start = start};
    lap(&clock);
    r->pool = pool_new(r->threads);
    if (r->pool) r->threads = r->pool->threads;
    bool good = r->pool && order_run(r, group, groups);
    times[0] = lap(&clock);
    good = good && pair_up(&job, intensity);
    times[1] = lap(&clock);
    good = good && iterate(&job, cycle, steps, count);
    if (good) pool_run(r->pool, write_task, &job);
    times[2] = lap(&clock);
    free_run(r);
    return good && !halted(r);
}
