#!/usr/bin/env python
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def negSamplingLossAndGradient(centerWordVec, outsideVectors, outsideWordIdx, negSampleIdx):
    """ Negative sampling loss for one (center, outside) pair of the skipgram model

    Arguments:
    centerWordVec -- v_c, shape (word vector length,)
    outsideVectors -- U, shape (num words in vocab, word vector length)
    outsideWordIdx -- o, the index of the true outside word
    negSampleIdx -- K indices, a word may be drawn more than once

    Return:
    loss, gradCenterVec, gradOutsideVecs
    """
    u_o = outsideVectors[outsideWordIdx]
    U_neg = outsideVectors[negSampleIdx]

    pos = sigmoid(np.dot(u_o, centerWordVec))
    neg = sigmoid(-np.dot(U_neg, centerWordVec))
    loss = -np.log(pos) - np.sum(np.log(neg))

    ### gradients
    gradPos = pos - 1
    gradNeg = 1 - neg

    gradCenterVec = gradPos * u_o
    gradCenterVec += np.dot(U_neg.T, gradNeg)

    gradOutsideVecs = np.zeros(outsideVectors.shape)
    gradOutsideVecs[outsideWordIdx] = gradPos * centerWordVec
    np.add.at(gradOutsideVecs, negSampleIdx, np.outer(gradNeg, centerWordVec))

    return loss, gradCenterVec, gradOutsideVecs
