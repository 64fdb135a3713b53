/* Near edges as one: which edges form a super-edge, and the curves of its members once it has been bundled. */

typedef struct {
    double end[4];
    double length;
    int32_t edge;
} Member;

typedef struct {
    int32_t *member;
    double tolerance;
    long long count;
} Merge;

/* One super-edge if all four coordinates differ by no more than tolerance x the shortest length; else halve the widest. */
static void merge_members(Merge *m, Member *p, size_t n) {
    while (n) {
        double low[4], high[4], shortest = p[0].length;
        for (int d = 0; d < 4; d++) low[d] = high[d] = p[0].end[d];
        for (size_t i = 1; i < n; i++) {
            shortest = p[i].length < shortest ? p[i].length : shortest;
            for (int d = 0; d < 4; d++) {
                double v = p[i].end[d];
                low[d] = v < low[d] ? v : low[d], high[d] = v > high[d] ? v : high[d];
            }
        }
        int axis = 0;
        for (int d = 1; d < 4; d++)
            if (high[d] - low[d] > high[axis] - low[axis]) axis = d;
        if (high[axis] - low[axis] <= m->tolerance * shortest) {
            for (size_t i = 0; i < n; i++) m->member[p[i].edge] = (int32_t)m->count;
            m->count++;
            return;
        }
        double middle = low[axis] + (high[axis] - low[axis]) / 2;
        if (middle >= high[axis]) middle = low[axis];
        size_t i = 0, j = n;
        while (i < j) {
            if (p[i].end[axis] <= middle) i++;
            else {
                Member t = p[--j];
                p[j] = p[i], p[i] = t;
            }
        }
        merge_members(m, p, i);
        p += i, n -= i;
    }
}

/* Writes the super-edge of each edge; returns how many there are, or -1 without memory. `oriented` ignores directions. */
static long long merge_edges(const double *segments, size_t edges, const int64_t *group, size_t groups, double tolerance,
                             bool oriented, int32_t *member) {
    Member *members = malloc((edges ? edges : 1) * sizeof *members);
    if (!members) return -1;
    for (size_t i = 0; i < edges; i++) {
        const double *s = segments + 4 * i;
        double dx = s[2] - s[0], dy = s[3] - s[1];
        int turn = oriented && (dx < 0 || (dx == 0 && dy < 0)) ? 2 : 0;
        members[i] = (Member){{s[turn], s[turn + 1], s[2 - turn], s[3 - turn]}, sqrt(dx * dx + dy * dy), (int32_t)i};
    }
    Merge m = {member, tolerance, 0};
    for (size_t g = 0; g + 1 < groups; g++)
        merge_members(&m, members + group[g], (size_t)(group[g + 1] - group[g]));
    free(members);
    return m.count;
}

typedef struct {
    int threads;
    float tiny, width;
    double unit, spring;
    size_t edges, count, cycles;
    const Lanes *lanes;
    const double *segments, *supers, *curves, *step; /* (edges, 4), (count, 4), (count, n + 2, 2): the caller's coordinates */
    const int32_t *member, *cycle;    /* super-edge, or ~super-edge if the edge runs against it; (cycles, 2) */
    const float *mass;                /* (edges) attraction of the other members, < 0 if there are none */
    double *out;
    atomic_int failed;
} Spread;

static void fill_lane(const Spread *s, Fan *f, int k, size_t edge, size_t super, bool turned) {
    const double *p = s->segments + 4 * edge, *q = s->supers + 4 * super;
    int n = s->cycle[0], turn = turned ? 2 : 0;
    for (int d = 0; d < 2; d++) {
        float a = (float)((p[turn + d] - q[d]) * s->unit), b = (float)((p[2 - turn + d] - q[2 + d]) * s->unit);
        for (int i = 0; i <= n + 1; i++) f->away[d][i][k] = a + (b - a) * (float)i / (float)(n + 1);
    }
    f->stiff[k] = (float)(s->spring / (sqrt((q[2] - q[0]) * (q[2] - q[0]) + (q[3] - q[1]) * (q[3] - q[1])) * s->unit));
    f->mass[k] = s->mass[edge];
}

/* From `n` to `count` inner points. The last is written first, so that no source is overwritten before it is read. */
static void refine_fan(Fan *f, int n, int count) {
    for (int d = 0; d < 2; d++) {
        memcpy(f->away[d][count + 1], f->away[d][n + 1], sizeof f->away[d][0]);
        for (int i = count; i >= 1; i--) {
            float at = (float)i * (float)(n + 1) / (float)(count + 1);
            int below = (int)at < n ? (int)at : n;
            float part = at - (float)below;
            for (int k = 0; k < TILE; k++)
                f->away[d][i][k] = f->away[d][below][k] + part * (f->away[d][below + 1 == n + 1 ? count + 1 : below + 1][k] - f->away[d][below][k]);
        }
    }
}

static void write_lane(const Spread *s, const Fan *f, int k, size_t edge, size_t super, bool turned, int n) {
    const double *c = s->curves + super * 2 * (size_t)(n + 2), *p = s->segments + 4 * edge;
    double *o = s->out + edge * 2 * (size_t)(n + 2), back = 1 / s->unit;
    for (int i = 1; i <= n; i++) {
        size_t at = 2 * (size_t)(turned ? n + 1 - i : i);
        double x = f ? f->away[0][i][k] * back : 0, y = f ? f->away[1][i][k] * back : 0;
        o[at] = c[2 * i] + x, o[at + 1] = c[2 * i + 1] + y;
    }
    o[0] = p[0], o[1] = p[1], o[2 * n + 2] = p[2], o[2 * n + 3] = p[3];
}

/* The cycles of the whole run again, for 8 members at once, in the frame of their super-edges. */
static void spread_lanes(const Spread *s, Fan *f, const size_t *edge, int lanes) {
    size_t super[TILE];
    bool turned[TILE];
    for (int k = 0; k < lanes; k++) {
        int32_t m = s->member[edge[k]];
        turned[k] = m < 0, super[k] = (size_t)(m < 0 ? ~m : m);
        fill_lane(s, f, k, edge[k], super[k], turned[k]);
    }
    f->tiny = s->tiny, f->width = s->width;
    int n = s->cycle[0];
    for (size_t c = 0; c < s->cycles; c++) {
        if (s->cycle[2 * c] != n) refine_fan(f, n, s->cycle[2 * c]);
        n = s->cycle[2 * c];
        s->lanes->relax(f, n, s->cycle[2 * c + 1], (float)s->step[c]);
    }
    for (int k = 0; k < lanes; k++) write_lane(s, f, k, edge[k], super[k], turned[k], n);
}

static void spread_task(void *data, int thread) {
    Spread *s = data;
    size_t first = s->edges * (size_t)thread / (size_t)s->threads, last = s->edges * (size_t)(thread + 1) / (size_t)s->threads;
    size_t edge[TILE];
    int lanes = 0, n = s->cycle[2 * s->cycles - 2];
    Fan *f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
    if (!f) {
        atomic_store(&s->failed, 1);
        return;
    }
    memset(f, 0, sizeof *f);
    for (size_t e = first; e < last; e++) {
        int32_t m = s->member[e];
        size_t super = (size_t)(m < 0 ? ~m : m);
        if (super >= s->count) {
            atomic_store(&s->failed, 1);
            break;
        }
        if (s->mass[e] < 0) {
            write_lane(s, NULL, 0, e, super, m < 0, n);
            continue;
        }
        edge[lanes++] = e;
        if (lanes == TILE) spread_lanes(s, f, edge, lanes), lanes = 0;
    }
    if (lanes) spread_lanes(s, f, edge, lanes);
    free(f);
}

/* The curve of each member: that of its super-edge, plus a distance that the other members and its own springs settle. */
static bool spread_members(Spread *s) {
    Pool *pool = pool_new(s->threads);
    if (!pool) return false;
    s->threads = pool->threads;
    pool_run(pool, spread_task, s);
    pool_free(pool);
    return !atomic_load(&s->failed);
}
