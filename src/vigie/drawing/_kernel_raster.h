/* How many edges touch each pixel: each edge counts once a pixel. */

typedef struct {
    const double *points;             /* (edges, per_edge, 2) */
    size_t edges, per_edge;
    uint32_t *counts;                 /* (height, width) */
    int width, height;
    double x0, y0, scale;             /* column = (x - x0) * scale */
} Raster;

/* Samples one pixel apart along the longer axis, ends included. `last` holds the edge that touched a pixel last. */
static void draw_segment(const Raster *r, double ax, double ay, double bx, double by, uint32_t *last, uint32_t mark) {
    double dx = bx - ax, dy = by - ay, longer = fmax(fabs(dx), fabs(dy));
    long steps = (long)ceil(longer);
    if (steps < 1) steps = 1;
    dx /= (double)steps, dy /= (double)steps;
    for (long k = 0; k <= steps; k++) {
        double x = floor(ax + dx * (double)k), y = floor(ay + dy * (double)k);
        if (!(x >= 0 && y >= 0 && x < r->width && y < r->height)) continue;
        size_t at = (size_t)y * (size_t)r->width + (size_t)x;
        if (last[at] != mark) last[at] = mark, r->counts[at]++;
    }
}

static bool draw_density(Raster *r) {
    uint32_t *last = calloc((size_t)r->width * (size_t)r->height, sizeof *last);
    if (!last) return false;
    double most = 4.0 * (r->width + r->height);
    for (size_t e = 0; e < r->edges; e++) {
        const double *p = r->points + e * r->per_edge * 2;
        for (size_t i = 0; i + 1 < r->per_edge; i++, p += 2) {
            double v[4] = {(p[0] - r->x0) * r->scale, (p[1] - r->y0) * r->scale, (p[2] - r->x0) * r->scale, (p[3] - r->y0) * r->scale};
            bool drawable = true;
            for (int k = 0; k < 4; k++) drawable &= fabs(v[k]) <= most; /* false for NaN too */
            if (drawable) draw_segment(r, v[0], v[1], v[2], v[3], last, (uint32_t)e + 1);
        }
    }
    free(last);
    return true;
}

/* Which places can be reached through which cells and directions: see `ambiguity` in figures.py. */
typedef struct {
    const double *points;             /* (edges, per_edge, 2), in cells */
    const int32_t *view;              /* (cells, cells, sectors): its number, -1 where nobody looks */
    uint8_t *reached;                 /* (views, stride) a bit for each place, the lowest first */
    size_t edges, per_edge, views, stride;
    long cells, sectors, places;
} Reach;

static long clip(double v, long top) { return v < 0 ? 0 : v >= (double)top ? top - 1 : (long)v; }

static void reach_piece(Reach *r, const double *p, const size_t *spot) {
    double dx = p[2] - p[0], dy = p[3] - p[1], longer = fmax(fabs(dx), fabs(dy));
    if (!(longer < 1e6)) return;
    long steps = (long)ceil(longer), sector[2];
    if (steps < 1) steps = 1;
    for (int way = 0; way < 2; way++)
        sector[way] = (long)floor((atan2(way ? -dy : dy, way ? -dx : dx) / 6.283185307179586 + 1) * (double)r->sectors) % r->sectors;
    dx /= (double)steps, dy /= (double)steps;
    for (long k = 0; k <= steps; k++) {
        long cell = clip(p[1] + dy * (double)k, r->cells) * r->cells + clip(p[0] + dx * (double)k, r->cells);
        for (int way = 0; way < 2; way++) {
            int32_t view = r->view[cell * r->sectors + sector[way]];
            if (view >= 0 && (size_t)view < r->views) r->reached[(size_t)view * r->stride + spot[way] / 8] |= (uint8_t)(1u << spot[way] % 8);
        }
    }
}

static void reach_all(Reach *r) {
    double shrink = (double)r->places / (double)r->cells;
    for (size_t e = 0; e < r->edges; e++) {
        const double *p = r->points + e * r->per_edge * 2, *q = p + 2 * (r->per_edge - 1);
        size_t spot[2] = {(size_t)(clip(q[1] * shrink, r->places) * r->places + clip(q[0] * shrink, r->places)),
                          (size_t)(clip(p[1] * shrink, r->places) * r->places + clip(p[0] * shrink, r->places))};
        for (; p < q; p += 2) reach_piece(r, p, spot);
    }
}
