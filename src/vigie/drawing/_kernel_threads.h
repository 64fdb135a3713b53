/* A pool of threads that belongs to one call: workers spin for a moment, then sleep. */

struct Pool {
    int threads;
    atomic_uint turn;
    atomic_int pending;
    bool stop;
    Task task;
    void *data;
    pthread_mutex_t lock;
    pthread_cond_t go, done;
    pthread_t id[MAX_THREADS];
    struct Worker { Pool *pool; int number; } worker[MAX_THREADS];
};

enum { SPINS = 500, HUGE_FROM = 1 << 23 };

static inline void pause_cpu(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void *pool_work(void *data) {
    struct Worker *worker = data;
    Pool *p = worker->pool;
    unsigned seen = 0;
    for (;;) {
        for (int k = 0; k < SPINS && atomic_load(&p->turn) == seen; k++) pause_cpu();
        if (atomic_load(&p->turn) == seen) {
            pthread_mutex_lock(&p->lock);
            while (atomic_load(&p->turn) == seen) pthread_cond_wait(&p->go, &p->lock);
            pthread_mutex_unlock(&p->lock);
        }
        seen = atomic_load(&p->turn);
        if (p->stop) return NULL;
        p->task(p->data, worker->number);
        if (atomic_fetch_sub(&p->pending, 1) == 1) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->done);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

static void pool_start_turn(Pool *p) {
    atomic_store(&p->pending, p->threads - 1);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->turn, 1);
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->lock);
}

void pool_run(Pool *p, Task task, void *data) {
    if (p->threads == 1) {
        task(data, 0);
        return;
    }
    p->task = task, p->data = data;
    pool_start_turn(p);
    task(data, 0);
    for (int k = 0; k < SPINS && atomic_load(&p->pending); k++) pause_cpu();
    if (!atomic_load(&p->pending)) return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->pending)) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

Pool *pool_new(int threads) {
    Pool *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->go, NULL);
    pthread_cond_init(&p->done, NULL);
    p->threads = 1;
    while (p->threads < threads) { /* fewer threads than asked for is no error */
        struct Worker *worker = &p->worker[p->threads];
        worker->pool = p, worker->number = p->threads;
        if (pthread_create(&p->id[p->threads], NULL, pool_work, worker)) break;
        p->threads++;
    }
    return p;
}

void pool_free(Pool *p) {
    if (!p) return;
    p->stop = true;
    if (p->threads > 1) pool_start_turn(p);
    for (int k = 1; k < p->threads; k++) pthread_join(p->id[k], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->go);
    pthread_cond_destroy(&p->done);
    free(p);
}

void *claim(Run *r, size_t bytes) {
    size_t whole = (bytes + 63) / 64 * 64;
    size_t align = 64;
#ifdef MADV_HUGEPAGE
    if (whole >= HUGE_FROM) align = 1 << 21, whole = (whole + align - 1) / align * align;
#endif
    bool fits = !r->limit || (bytes <= r->limit && atomic_load(&r->bytes) <= r->limit - bytes);
    void *p = fits ? aligned_alloc(align, whole ? whole : 64) : NULL;
#ifdef MADV_HUGEPAGE
    if (p && align > 64) madvise(p, whole, MADV_HUGEPAGE); /* a hint: fewer page faults and table look-ups */
#endif
    if (!p) {
        atomic_store(&r->stop, 2);
        return NULL;
    }
    size_t now = atomic_fetch_add(&r->bytes, bytes) + bytes, peak = atomic_load(&r->peak);
    while (now > peak && !atomic_compare_exchange_weak(&r->peak, &peak, now)) {}
    return p;
}

void release(Run *r, void *p, size_t bytes) {
    if (!p) return;
    atomic_fetch_sub(&r->bytes, bytes);
    free(p);
}
