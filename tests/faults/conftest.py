"""Training in these tests gives the same bits each time, as it does in `kseg fit`."""

import tensorflow as tf

# Before TensorFlow computes anything: pytest reads this file while it collects the tests.
tf.config.threading.set_inter_op_parallelism_threads(1)
