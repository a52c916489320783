"""Data sets: CIFAR-10, MNIST and bundled digits, read safely; the course's split, preprocessing, batches.

>>> from gatewise import data
>>> digits = data.digits(flat=True)
>>> split = data.split(digits, validation=200)
>>> split = split.each(data.mean_image(split.X_train))
>>> for X, y in data.batches(split.X_train, split.y_train, 100, rng=0):
...     pass
>>> split.X_train.shape, X.shape
((1237, 64), (37, 64))
"""

from gatewise.data.augmenting import augmented as augmented
from gatewise.data.augmenting import cropped as cropped
from gatewise.data.augmenting import flipped as flipped
from gatewise.data.batching import Batches as Batches
from gatewise.data.batching import batches as batches
from gatewise.data.checking import checked as checked
from gatewise.data.checking import labels as labels
from gatewise.data.scaling import Scaling as Scaling
from gatewise.data.scaling import mean_image as mean_image
from gatewise.data.scaling import per_channel as per_channel
from gatewise.data.sets import CLASSES as CLASSES
from gatewise.data.sets import DataSet as DataSet
from gatewise.data.sets import cifar10 as cifar10
from gatewise.data.sets import digits as digits
from gatewise.data.sets import load as load
from gatewise.data.sets import mnist as mnist
from gatewise.data.splitting import Split as Split
from gatewise.data.splitting import course_split as course_split
from gatewise.data.splitting import split as split
