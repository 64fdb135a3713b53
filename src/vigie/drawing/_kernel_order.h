/* The order of the edges: a kd tree over (middle, 0.7 x direction) whose leaves are tiles, with bounds for each tile. */

typedef struct {
    float key[4];
    int32_t edge;
} Place;

/* Put the k smallest along `axis` first (Hoare's selection, median of three). */
static void select_places(Place *p, ptrdiff_t n, ptrdiff_t k, int axis) {
    ptrdiff_t low = 0, high = n - 1;
    while (low < high) {
        float a = p[low].key[axis], b = p[(low + high) / 2].key[axis], c = p[high].key[axis];
        float pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (p[i].key[axis] < pivot) i++;
            while (p[j].key[axis] > pivot) j--;
            if (i <= j) {
                Place t = p[i];
                p[i++] = p[j], p[j--] = t;
            }
        }
        if (k <= j) high = j;
        else if (k >= i) low = i;
        else return;
    }
}

static void order_places(Place *p, size_t n) {
    while (n > TILE) {
        float low[4], high[4];
        for (int d = 0; d < 4; d++) low[d] = high[d] = p[0].key[d];
        for (size_t i = 1; i < n; i++)
            for (int d = 0; d < 4; d++) {
                float v = p[i].key[d];
                low[d] = v < low[d] ? v : low[d], high[d] = v > high[d] ? v : high[d];
            }
        int axis = 0;
        for (int d = 1; d < 4; d++)
            if (high[d] - low[d] > high[axis] - low[axis]) axis = d;
        size_t unit = n > TILE * TILE ? TILE * TILE : TILE, half = (n / 2 + unit - 1) / unit * unit;
        if (half >= n) half = n / 2 >= TILE ? n / 2 / TILE * TILE : TILE;
        select_places(p, (ptrdiff_t)n, (ptrdiff_t)half, axis);
        order_places(p, half);
        p += half, n -= half;
    }
}

/* Compatibility in double precision, on the caller's numbers: decides where single precision is in doubt.
   No contraction, so that the numpy twin gets the same bits. */
#if defined(__clang__)
#pragma clang fp contract(off)
#else
__attribute__((noinline, optimize("fp-contract=off")))
#endif
double exact_compatibility(const Run *r, size_t a, size_t b, bool *against) {
    const double *p = r->segments + 4 * (size_t)r->edge[a], *q = r->segments + 4 * (size_t)r->edge[b];
    if (r->edge[b] < r->edge[a]) {
        const double *t = p;
        p = q, q = t;
    }
    double px = p[2] - p[0], py = p[3] - p[1], qx = q[2] - q[0], qy = q[3] - q[1];
    double l = sqrt(px * px + py * py), m = sqrt(qx * qx + qy * qy);
    double dx = (q[0] + q[2]) / 2 - (p[0] + p[2]) / 2, dy = (q[1] + q[3]) / 2 - (p[1] + p[3]) / 2;
    double dot = px * qx + py * qy, cosine = dot / (l * m), average = (l + m) / 2, c = 1;
    *against = dot < 0;
    if (r->o.angle) c *= r->o.directed_angle ? (cosine + 1) / 2 : fabs(cosine);
    if (r->o.scale) c *= 2 / (average / fmin(l, m) + fmax(l, m) / average);
    if (r->o.position) c *= average / (average + sqrt(dx * dx + dy * dy));
    if (r->o.visibility && (!r->o.late_visibility || c >= 0.9)) {
        double shared = fabs(dot);
        double off = 2 * fmax(fabs(dx * px + dy * py), fabs(dx * qx + dy * qy));
        off = shared > 0 ? off / shared : 1;
        c *= fmax(0, 1 - off);
    }
    return c;
}

#define HALF_TURN 3.14159265f

static void bound_tile(Run *r, size_t t) {
    float x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, l0 = INFINITY, l1 = 0, low = 0, high = 0, base = 0;
    for (size_t k = t * TILE; k < (t + 1) * TILE && r->edge[k] >= 0; k++) {
        x0 = fminf(x0, r->mx[k]), x1 = fmaxf(x1, r->mx[k]), y0 = fminf(y0, r->my[k]), y1 = fmaxf(y1, r->my[k]);
        l0 = fminf(l0, r->length[k]), l1 = fmaxf(l1, r->length[k]);
        float turn = atan2f(r->uy[k], r->ux[k]);
        if (k == t * TILE) base = turn;
        float off = remainderf(turn - base, HALF_TURN);
        low = fminf(low, off), high = fmaxf(high, off);
    }
    float middle = base + (low + high) / 2;
    middle -= HALF_TURN * floorf(middle / HALF_TURN);
    Bounds *b = &r->tile_bounds;
    b->x0[t] = x0, b->x1[t] = x1, b->y0[t] = y0, b->y1[t] = y1, b->l0[t] = l0, b->l1[t] = l1;
    b->turn[t] = middle, b->cone[t] = (high - low) / 2 + 1e-5f;
}

static void bound_super(Run *r, size_t s) {
    Bounds *b = &r->super_bounds, *t = &r->tile_bounds;
    b->x0[s] = b->y0[s] = b->l0[s] = INFINITY, b->x1[s] = b->y1[s] = -INFINITY, b->l1[s] = 0;
    float low = 0, high = 0, base = t->turn[s * TILE];
    for (size_t k = s * TILE; k < (s + 1) * TILE && k < r->tiles; k++) {
        b->x0[s] = fminf(b->x0[s], t->x0[k]), b->x1[s] = fmaxf(b->x1[s], t->x1[k]);
        b->y0[s] = fminf(b->y0[s], t->y0[k]), b->y1[s] = fmaxf(b->y1[s], t->y1[k]);
        b->l0[s] = fminf(b->l0[s], t->l0[k]), b->l1[s] = fmaxf(b->l1[s], t->l1[k]);
        float off = remainderf(t->turn[k] - base, HALF_TURN);
        low = fminf(low, off - t->cone[k]), high = fmaxf(high, off + t->cone[k]);
    }
    float middle = base + (low + high) / 2;
    b->turn[s] = middle - HALF_TURN * floorf(middle / HALF_TURN);
    b->cone[s] = (high - low) / 2 + 1e-5f;
}

static bool claim_bounds(Run *r, Bounds *b, size_t count) {
    float **list[] = {&b->x0, &b->x1, &b->y0, &b->y1, &b->l0, &b->l1, &b->turn, &b->cone};
    size_t room = (count + 15) / 8 * 8;
    for (int k = 0; k < 8; k++) {
        if (!(*list[k] = claim(r, room * sizeof(float)))) return false;
        for (size_t i = 0; i < room; i++) (*list[k])[i] = k < 6 ? (k % 2 ? -1e30f : 1e30f) : 0; /* empty: near nothing */
        for (size_t i = 0; i < room && k >= 4 && k < 6; i++) (*list[k])[i] = 1e-30f;
    }
    return true;
}

static void free_bounds(Run *r, Bounds *b, size_t count) {
    float *list[] = {b->x0, b->x1, b->y0, b->y1, b->l0, b->l1, b->turn, b->cone};
    for (int k = 0; k < 8; k++) release(r, list[k], (count + 15) / 8 * 8 * sizeof(float));
}

static void place_edge(Run *r, size_t at, int32_t edge, float *reach) {
    const double *s = r->segments + 4 * (size_t)edge;
    double dx = (s[2] - s[0]) * r->unit, dy = (s[3] - s[1]) * r->unit, length = sqrt(dx * dx + dy * dy);
    double mx = ((s[0] + s[2]) / 2 - r->origin_x) * r->unit, my = ((s[1] + s[3]) / 2 - r->origin_y) * r->unit;
    r->edge[at] = edge;
    r->mx[at] = (float)mx, r->my[at] = (float)my, r->length[at] = (float)length, r->inverse[at] = (float)(1 / length);
    r->ux[at] = (float)(dx / length), r->uy[at] = (float)(dy / length);
    r->weight[at] = r->weights ? r->weights[edge] : 1;
    r->valid[at] = 1;
    for (int k = 0; r->kin && k < 4; k++) r->siblings[k][at] = r->kin[4 * (size_t)edge + (size_t)k];
    *reach = fmaxf(*reach, (float)fmax(fabs(mx), fabs(my)));
}

/* Claim and fill all that belongs to the order. `group` holds the first edge of each type, and the edge count. */
static bool order_run(Run *r, const int64_t *group, size_t groups) {
    size_t padded = 0;
    for (size_t g = 0; g + 1 < groups; g++) padded += (size_t)(group[g + 1] - group[g] + TILE - 1) / TILE * TILE;
    r->padded = padded, r->tiles = padded / TILE, r->supers = (r->tiles + TILE - 1) / TILE;
    float **floats[] = {&r->mx, &r->my, &r->ux, &r->uy, &r->length, &r->inverse, &r->weight, &r->valid, &r->share};
    for (int k = 0; k < 9; k++) {
        if (!(*floats[k] = claim(r, padded * sizeof(float)))) return false;
        memset(*floats[k], 0, padded * sizeof(float));
    }
    for (int k = 0; r->kin && k < 4; k++) {
        if (!(r->siblings[k] = claim(r, padded * sizeof(float)))) return false;
        memset(r->siblings[k], 0, padded * sizeof(float));
    }
    r->edge = claim(r, padded * sizeof *r->edge);
    r->group_end = claim(r, r->tiles * sizeof *r->group_end);
    Place *places = claim(r, r->edges * sizeof *places);
    if (!r->edge || !r->group_end || !places || !claim_bounds(r, &r->tile_bounds, r->tiles) ||
        !claim_bounds(r, &r->super_bounds, r->supers)) {
        release(r, places, r->edges * sizeof *places);
        return false;
    }
    memset(r->edge, 0xff, padded * sizeof *r->edge);
    for (size_t i = 0; i < r->edges; i++) {
        const double *s = r->segments + 4 * i;
        double dx = (s[2] - s[0]) * r->unit, dy = (s[3] - s[1]) * r->unit;
        double side = dx < 0 || (dx == 0 && dy < 0) ? -0.7 : 0.7;
        places[i] = (Place){{(float)(((s[0] + s[2]) / 2 - r->origin_x) * r->unit),
                             (float)(((s[1] + s[3]) / 2 - r->origin_y) * r->unit), (float)(side * dx), (float)(side * dy)},
                            (int32_t)i};
    }
    float reach = 0;
    size_t at = 0;
    for (size_t g = 0; g + 1 < groups; g++) {
        size_t first = (size_t)group[g], count = (size_t)(group[g + 1] - group[g]), begin = at / TILE;
        order_places(places + first, count);
        for (size_t i = 0; i < count; i++) place_edge(r, at + i, places[first + i].edge, &reach);
        at += (count + TILE - 1) / TILE * TILE;
        for (size_t t = begin; t < at / TILE; t++) r->group_end[t] = (uint32_t)(at / TILE);
    }
    release(r, places, r->edges * sizeof *places);
    r->blur = 1e-6f * reach;
    for (size_t t = 0; t < r->tiles; t++) bound_tile(r, t);
    for (size_t s = 0; s < r->supers; s++) bound_super(r, s);
    return true;
}
