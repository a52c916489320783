import numpy as np


def text_classifier_forward(emb, proj, bias, tokens, labels):
    """fastText-ish: average the word vectors of a sentence, linear layer, cross entropy.

    tokens: (batch, length) int, 0 is padding
    """
    keep = (tokens != 0).astype(emb.dtype)
    count = keep.sum(axis=1, keepdims=True)

    vecs = emb[tokens] * keep[:, :, None]
    bag = vecs.sum(axis=1) / count

    logits = bag @ proj + bias
    logits = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(len(labels)), labels].mean()

    ctx = (emb, proj, tokens, labels, keep, count, bag, logp)
    return loss, ctx


def text_classifier_backward(ctx):
    emb, proj, tokens, labels, keep, count, bag, logp = ctx
    bs = len(labels)

    grad_logits = np.exp(logp)
    grad_logits[np.arange(bs), labels] -= 1
    grad_logits /= bs

    grad_bias = grad_logits.sum(axis=0)
    grad_proj = bag.T @ grad_logits
    grad_bag = grad_logits @ proj.T

    # every word of the sentence gets its share of the average
    grad_sum = grad_bag / count
    grad_vecs = grad_sum[:, None, :] * keep[:, :, None]

    grad_emb = np.zeros_like(emb)
    np.add.at(grad_emb, tokens, grad_vecs)
    return grad_emb, grad_proj, grad_bias
