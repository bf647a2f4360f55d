/* The greedy search of transducers, RNNT and TDT, over the rows of a batch.
 *
 * native_library.py compiles it, and greedy_search.py calls it. Each row is computed by itself and always in the same
 * order, so that what it says never depends on its batch. Matrices lie row by row; the inputs of a
 * product are its rows, so that the innermost loops run over neighbours in memory.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define AT_ONCE 8   /* rows of a matrix in one pass over the sums */
#define COLUMNS 512 /* with so many columns of these they stay in the nearest cache */
#define TOGETHER 8  /* rows of the batch for which a matrix is read once */

enum activation { RELU, TANH, SIGMOID };

struct network {
    int64_t layers, width, joint_width, outputs; /* outputs: with what fills the last vector up */
    int64_t blank, activation, most_symbols, duration_count, ready_gates;
    const int64_t *durations;
    const float *embedding;  /* of each token: width, or with ready gates the first layer's 4 width */
    const float *input;      /* of each layer: width x 4 width; not read of the first with those */
    const float *input_bias; /* of each layer: 4 width */
    const float *recurrent;  /* of each layer: width x 4 width */
    const float *project;    /* width x joint_width */
    const float *project_bias;
    const float *output;     /* joint_width x outputs */
    const float *output_bias;
    float alpha, norm; /* of Tsallis' entropy: its exponent, 1 / (its greatest value x (1 - alpha)) */
};

struct batch {
    int64_t rows, longest, room; /* room: most tokens that a row's results hold */
    const float *frames;         /* rows x longest x joint_width */
    const int64_t *lengths;
    float *hidden, *cell; /* rows x layers x width: each row's state, which is changed */
    float *said;          /* rows x joint_width */
    int64_t *time;        /* the next frame; after the last: how far beyond the end */
    int32_t *numbers, *starts, *lasting; /* rows x room */
    float *logprobs, *confidences;       /* rows x room */
    int64_t *counts;
};

struct scratch {
    float *gates[TOGETHER], *mixed, *logits, *values;
    int32_t *places;
};

/* How far the search of one row is. */
struct progress {
    int64_t found, latest, at_latest; /* tokens; the last one's frame, and how many are at it */
    int64_t token;
};

/* A quotient of polynomials, as in Eigen: a few units in the last place, and no branch. */
INLINE float tanh_of(float x)
{
    x = x < -7.90531110763549805f ? -7.90531110763549805f : x;
    x = x > 7.90531110763549805f ? 7.90531110763549805f : x;
    float s = x * x;
    float p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = s * p - 8.60467152213735e-11f;
    p = s * p + 5.12229709037114e-08f;
    p = s * p + 1.48572235717979e-05f;
    p = s * p + 6.37261928875436e-04f;
    p = s * p + 4.89352455891786e-03f;
    float q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = s * q + 2.26843463243900e-03f;
    q = s * q + 4.89352518554385e-03f;
    return x * p / q;
}

INLINE float sigmoid_of(float x)
{
    return 0.5f * tanh_of(0.5f * x) + 0.5f;
}

/* As in Cephes, for numbers up to 0. */
INLINE float exp_of(float x)
{
    x = x < -87.0f ? -87.0f : x;
    float twos = x * 1.44269504088896341f - 0.5f;
    int32_t n = (int32_t)twos; /* to the nearest: towards zero from half a step below */
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union { uint32_t bits; float number; } power = {.bits = (uint32_t)(n + 127) << 23};
    return p * power.number;
}

/* Of numbers from 1 up: halved until the series of the inverse hyperbolic tangent is quick. */
INLINE float log_of(float x)
{
    int32_t n = 0;
    while (x > 1.5f) {
        x *= 0.5f;
        n += 1;
    }
    double s = ((double)x - 1.0) / ((double)x + 1.0), s2 = s * s, term = s, sum = 0.0;
    for (int32_t k = 1; k < 24; k += 2) {
        sum += term / k;
        term *= s2;
    }
    return (float)(2.0 * sum + n * 0.693147180559945309);
}

/* Adds to sums what some rows of a matrix contribute, each times its value. */
INLINE void add_rows(float *restrict sums, int64_t count, const float *const rows[AT_ONCE],
                     const float v[AT_ONCE])
{
    const float *restrict r0 = rows[0], *restrict r1 = rows[1], *restrict r2 = rows[2];
    const float *restrict r3 = rows[3], *restrict r4 = rows[4], *restrict r5 = rows[5];
    const float *restrict r6 = rows[6], *restrict r7 = rows[7];
    const float v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
    const float v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];
    for (int64_t j = 0; j < count; j++)
        sums[j] += v0 * r0[j] + v1 * r1[j] + v2 * r2[j] + v3 * r3[j]
                 + v4 * r4[j] + v5 * r5[j] + v6 * r6[j] + v7 * r7[j];
}

/* Adds vector x matrix to the sums. Zeros are left out: half of what ReLU gives. */
INLINE void add_product(float *restrict sums, int64_t count, const float *restrict x, int64_t width,
                        const float *restrict matrix, struct scratch *own)
{
    int64_t kept = 0;
    for (int64_t place = 0; place < width; place++) {
        own->values[kept] = x[place];
        own->places[kept] = (int32_t)place;
        kept += x[place] != 0.0f;
    }
    for (int64_t spare = kept; spare < kept + AT_ONCE; spare++) {
        own->values[spare] = 0.0f;
        own->places[spare] = 0;
    }
    for (int64_t k = 0; k < kept; k += AT_ONCE) {
        const float *rows[AT_ONCE];
        for (int64_t i = 0; i < AT_ONCE; i++)
            rows[i] = matrix + own->places[k + i] * count;
        add_rows(sums, count, rows, own->values + k);
    }
}

/* Adds vector x matrix to the sums, for several vectors: each as it would be alone. */
INLINE void add_products(float *const sums[], int64_t count, const float *const x[], int64_t width,
                         const float *restrict matrix, int64_t together)
{
    for (int64_t first = 0; first < width; first += AT_ONCE) {
        const int64_t most = width - first < AT_ONCE ? width - first : AT_ONCE;
        for (int64_t column = 0; column < count; column += COLUMNS) {
            const int64_t columns = count - column < COLUMNS ? count - column : COLUMNS;
            const float *rows[AT_ONCE];
            for (int64_t i = 0; i < AT_ONCE; i++)
                rows[i] = matrix + (first + (i < most ? i : 0)) * count + column;
            for (int64_t one = 0; one < together; one++) {
                float values[AT_ONCE];
                for (int64_t i = 0; i < AT_ONCE; i++)
                    values[i] = i < most ? x[one][first + i] : 0.0f;
                add_rows(sums[one] + column, columns, rows, values);
            }
        }
    }
}

/* What an LSTM's layer makes of its gates. */
INLINE void open_gates(const float *restrict gates, int64_t width, float *restrict hidden,
                       float *restrict cell)
{
    for (int64_t j = 0; j < width; j++) {
        float kept = sigmoid_of(gates[width + j]) * cell[j];
        cell[j] = kept + sigmoid_of(gates[j]) * tanh_of(gates[2 * width + j]);
        hidden[j] = sigmoid_of(gates[3 * width + j]) * tanh_of(cell[j]);
    }
}

/* The prediction network hears a token in each of some rows: the LSTM's state, and its part of the
 * joint network. */
INLINE void predict(const struct network *net, const struct batch *batch, const int64_t *rows,
                    int64_t together, const struct progress *progress, struct scratch *own)
{
    const int64_t width = net->width, four = 4 * width, state = net->layers * width;
    const float *x[TOGETHER];
    float *hidden[TOGETHER], *said[TOGETHER];
    for (int64_t layer = 0; layer < net->layers; layer++) {
        const int is_ready = layer == 0 && net->ready_gates;
        for (int64_t one = 0; one < together; one++) {
            const int64_t token = progress[rows[one]].token;
            hidden[one] = batch->hidden + rows[one] * state + layer * width;
            x[one] = layer == 0 ? net->embedding + token * width : hidden[one] - width;
            const float *gates = net->input_bias + layer * four;
            memcpy(own->gates[one], is_ready ? net->embedding + token * four : gates,
                   four * sizeof(float));
        }
        if (!is_ready)
            add_products(own->gates, four, x, width, net->input + layer * width * four, together);
        add_products(own->gates, four, (const float *const *)hidden, width,
                     net->recurrent + layer * width * four, together);
        for (int64_t one = 0; one < together; one++)
            open_gates(own->gates[one], width, hidden[one],
                       batch->cell + rows[one] * state + layer * width);
    }
    for (int64_t one = 0; one < together; one++) {
        said[one] = batch->said + rows[one] * net->joint_width;
        memcpy(said[one], net->project_bias, net->joint_width * sizeof(float));
    }
    add_products(said, net->joint_width, (const float *const *)hidden, width, net->project, together);
}

/* What the joint network finds of a frame and of what was said, before any softmax. */
INLINE void join(const struct network *net, const float *restrict heard, const float *restrict said,
                 struct scratch *own)
{
    const int64_t width = net->joint_width;
    float *restrict mixed = own->mixed;
    for (int64_t j = 0; j < width; j++)
        mixed[j] = heard[j] + said[j];
    if (net->activation == RELU)
        for (int64_t j = 0; j < width; j++)
            mixed[j] = mixed[j] > 0.0f ? mixed[j] : 0.0f;
    else if (net->activation == TANH)
        for (int64_t j = 0; j < width; j++)
            mixed[j] = tanh_of(mixed[j]);
    else
        for (int64_t j = 0; j < width; j++)
            mixed[j] = sigmoid_of(mixed[j]);
    memcpy(own->logits, net->output_bias, net->outputs * sizeof(float));
    add_product(own->logits, net->outputs, mixed, width, net->output, own);
}

INLINE int64_t greatest(const float *numbers, int64_t count)
{
    int64_t place = 0;
    for (int64_t j = 1; j < count; j++)
        if (numbers[j] > numbers[place])
            place = j;
    return place;
}

INLINE void emit(const struct network *net, const struct batch *batch, int64_t at, int64_t token,
                 int64_t time, int64_t lasts, const float *restrict logits)
{
    const int64_t count = net->blank + 1;
    const float best = logits[token];
    float total = 0.0f, powers = 0.0f;
#pragma omp simd reduction(+ : total, powers)
    for (int64_t j = 0; j < count; j++) {
        total += exp_of(logits[j] - best);
        powers += exp_of(net->alpha * (logits[j] - best));
    }
    const float logprob = -log_of(total);
    batch->numbers[at] = (int32_t)token;
    batch->starts[at] = (int32_t)time;
    batch->lasting[at] = (int32_t)lasts;
    batch->logprobs[at] = logprob;
    batch->confidences[at] = 1.0f + (1.0f - powers * exp_of(net->alpha * logprob)) * net->norm;
}

/* Looks at a row's frames up to its next token, and returns whether there is one. */
INLINE int next_token(const struct network *net, const struct batch *batch, int64_t row,
                      struct progress *at, struct scratch *own)
{
    const float *frames = batch->frames + row * batch->longest * net->joint_width;
    const float *said = batch->said + row * net->joint_width;
    int64_t time = batch->time[row];
    int is_token = 0;
    while (!is_token && time < batch->lengths[row] && at->found < batch->room) {
        join(net, frames + time * net->joint_width, said, own);
        const int64_t token = greatest(own->logits, net->blank + 1);
        int64_t lasts = token == net->blank;
        if (net->duration_count)
            lasts = net->durations[greatest(own->logits + net->blank + 1, net->duration_count)];
        is_token = token != net->blank;
        if (!is_token) {
            time += lasts > 0 ? lasts : 1;
            continue;
        }
        emit(net, batch, row * batch->room + at->found++, token, time,
             net->duration_count ? lasts : 1, own->logits);
        at->token = token;
        at->at_latest = time == at->latest ? at->at_latest + 1 : 1;
        at->latest = time;
        time += lasts;
        if (time == at->latest && at->at_latest >= net->most_symbols)
            time += 1;
    }
    batch->time[row] = time;
    return is_token;
}

/* The rows take turns, so that several hear their tokens at once. */
INLINE void search(const struct network *net, const struct batch *batch, struct progress *progress,
                   struct scratch *own)
{
    int64_t rows[TOGETHER], searched = 1;
    while (searched) {
        int64_t together = 0;
        searched = 0;
        for (int64_t row = 0; row < batch->rows; row++) {
            if (next_token(net, batch, row, progress + row, own))
                rows[together++] = row;
            searched += together > 0;
            if (together == TOGETHER || (together && row == batch->rows - 1)) {
                predict(net, batch, rows, together, progress, own);
                together = 0;
            }
        }
    }
    for (int64_t row = 0; row < batch->rows; row++) {
        batch->counts[row] = progress[row].found;
        batch->time[row] -= batch->lengths[row];
    }
}

static void search_anywhere(const struct network *net, const struct batch *batch,
                           struct progress *progress, struct scratch *own)
{
    search(net, batch, progress, own);
}

#ifdef __x86_64__
__attribute__((target("avx2,fma")))
static void search_avx2(const struct network *net, const struct batch *batch,
                           struct progress *progress, struct scratch *own)
{
    search(net, batch, progress, own);
}

__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
static void search_avx512(const struct network *net, const struct batch *batch,
                           struct progress *progress, struct scratch *own)
{
    search(net, batch, progress, own);
}
#endif

/* Searches the rows; returns 0, or 1 where there is no memory. */
int greedy_search(const struct network *net, const struct batch *batch)
{
    const int64_t four = 4 * net->width, width = net->joint_width;
    const int64_t count = TOGETHER * four + width + net->outputs + width + AT_ONCE;
    float *numbers = malloc(count * sizeof(float));
    int32_t *places = malloc((width + AT_ONCE) * sizeof(int32_t));
    struct progress *progress = calloc(batch->rows + 1, sizeof(struct progress));
    const int has_memory = numbers != NULL && places != NULL && progress != NULL;
    if (has_memory) {
        struct scratch own = {.places = places};
        for (int64_t one = 0; one < TOGETHER; one++)
            own.gates[one] = numbers + one * four;
        own.mixed = numbers + TOGETHER * four;
        own.logits = own.mixed + width;
        own.values = own.logits + net->outputs;
        for (int64_t row = 0; row < batch->rows; row++)
            progress[row].latest = -1;
#ifdef __x86_64__
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
            search_avx512(net, batch, progress, &own);
        else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            search_avx2(net, batch, progress, &own);
        else
#endif
            search_anywhere(net, batch, progress, &own);
    }
    free(numbers);
    free(places);
    free(progress);
    return !has_memory;
}
