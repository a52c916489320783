"""More scripts: classes, functions, optimisers, physics, with the loops and habits of public code."""

from __future__ import annotations

from check.written_scripts import Written

HEAD = "import numpy as np\nnp.random.seed(1)\n"


def script(name: str, text: str, planted: tuple[str, str] | None = None, status: int = 0) -> Written:
    return Written(name, HEAD + text, planted, status)


MORE = [
    script('mlp class', """
class Net:
    def __init__(self):
        self.W1 = np.random.randn(3,4)*0.5
        self.b1 = np.zeros(4)
        self.W2 = np.random.randn(4,1)*0.5
    def forward(self, X):
        self.X = X
        self.h = np.tanh(X @ self.W1 + self.b1)
        return self.h @ self.W2
    def backward(self, dy):
        self.dW2 = self.h.T @ dy
        dh = dy @ self.W2.T * (1 - self.h**2)
        self.dW1 = self.X.T @ dh
        self.db1 = dh.sum(axis=0)
    def step(self, lr):
        self.W1 -= lr*self.dW1
        self.b1 -= lr*self.db1
        self.W2 -= lr*self.dW2
net = Net()
X = np.random.randn(6,3)
T = np.random.randn(6,1)
for epoch in range(4):
    y = net.forward(X)
    loss = np.mean((y-T)**2)
    dy = 2*(y-T)/len(X)
    net.backward(dy)
    net.step(0.1)
    if epoch % 2 == 0:
        print(epoch, loss)
""", ('self.db1 = dh.sum(axis=0)', 'self.db1 = dh.mean(axis=0)')),
    script('char rnn', """
H, V, T = 4, 5, 3
Wxh = np.random.randn(H, V)*0.1
Whh = np.random.randn(H, H)*0.1
Why = np.random.randn(V, H)*0.1
bh = np.zeros((H,1)); by = np.zeros((V,1))
inputs = [0, 2, 1]; targets = [2, 1, 4]
xs, hs, ys, ps = {}, {}, {}, {}
hs[-1] = np.zeros((H,1))
loss = 0
for t in range(len(inputs)):
    xs[t] = np.zeros((V,1))
    xs[t][inputs[t]] = 1
    hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
    ys[t] = np.dot(Why, hs[t]) + by
    ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
    loss += -np.log(ps[t][targets[t],0])
dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
dbh, dby = np.zeros_like(bh), np.zeros_like(by)
dhnext = np.zeros_like(hs[0])
for t in reversed(range(len(inputs))):
    dy = np.copy(ps[t])
    dy[targets[t]] -= 1
    dWhy += np.dot(dy, hs[t].T)
    dby += dy
    dh = np.dot(Why.T, dy) + dhnext
    dhraw = (1 - hs[t] * hs[t]) * dh
    dbh += dhraw
    dWxh += np.dot(dhraw, xs[t].T)
    dWhh += np.dot(dhraw, hs[t-1].T)
    dhnext = np.dot(Whh.T, dhraw)
for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
    np.clip(dparam, -5, 5, out=dparam)
mWxh, mWhh, mWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
mbh, mby = np.zeros_like(bh), np.zeros_like(by)
for param, dparam, mem in zip([Wxh, Whh, Why, bh, by], [dWxh, dWhh, dWhy, dbh, dby], [mWxh, mWhh, mWhy, mbh, mby]):
    mem += dparam * dparam
    param += -0.1 * dparam / np.sqrt(mem + 1e-8)
""", ('dhnext = np.dot(Whh.T, dhraw)', 'dhnext = np.dot(Whh, dhraw)')),
    script('nielsen nabla lists', """
sizes = [2,3,1]
biases = [np.random.randn(y,1) for y in sizes[1:]]
weights = [np.random.randn(y,x) for x,y in zip(sizes[:-1], sizes[1:])]
def sigmoid(z): return 1.0/(1.0+np.exp(-z))
def sigmoid_prime(z): return sigmoid(z)*(1-sigmoid(z))
x = np.array([[0.2],[0.7]]); y = np.array([[1.0]])
nabla_b = [np.zeros(b.shape) for b in biases]
nabla_w = [np.zeros(w.shape) for w in weights]
activation = x
activations = [x]
zs = []
for b, w in zip(biases, weights):
    z = np.dot(w, activation)+b
    zs.append(z)
    activation = sigmoid(z)
    activations.append(activation)
cost = 0.5*np.sum((activations[-1]-y)**2)
delta = (activations[-1]-y) * sigmoid_prime(zs[-1])
nabla_b[-1] = delta
nabla_w[-1] = np.dot(delta, activations[-2].transpose())
for l in range(2, 3):
    z = zs[-l]
    sp = sigmoid_prime(z)
    delta = np.dot(weights[-l+1].transpose(), delta) * sp
    nabla_b[-l] = delta
    nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
weights = [w-(0.5)*nw for w, nw in zip(weights, nabla_w)]
biases = [b-(0.5)*nb for b, nb in zip(biases, nabla_b)]
""", ('np.dot(delta, activations[-l-1].transpose())', '2*np.dot(delta, activations[-l-1].transpose())')),
    script('dict comprehension update', """
params = {'W': np.random.randn(3,2), 'b': np.zeros(2)}
X = np.random.randn(5,3); T = np.random.randn(5,2)
for it in range(5):
    Y = X @ params['W'] + params['b']
    loss = np.mean((Y-T)**2)
    dY = 2*(Y-T)/Y.size
    grads = {'W': X.T@dY, 'b': dY.sum(0)}
    params = {k: params[k] - 0.1*grads[k] for k in params}
""", ("'b': dY.sum(0)", "'b': dY.mean(0)")),
    script('loss function + grad function scripts', """
X = np.random.randn(5,3); T = np.random.randn(5)
w = np.random.randn(3)
def loss_fn(w):
    return np.mean((X@w-T)**2)
def grad_fn(w):
    return 2*X.T@(X@w-T)/len(T)
for k in range(10):
    loss = loss_fn(w)
    grad = grad_fn(w)
    w = w - 0.1*grad
print(loss)
""", ('return 2*X.T@(X@w-T)/len(T)', 'return X.T@(X@w-T)/len(T)')),
    script('minibatch', """
X = np.random.randn(40,3); T = np.random.randn(40)
w = np.random.randn(3)
for epoch in range(3):
    idx = np.random.permutation(40)
    for start in range(0, 40, 8):
        batch = idx[start:start+8]
        xb, tb = X[batch], T[batch]
        err = xb@w - tb
        loss = np.mean(err**2)
        dw = 2*xb.T@err/len(tb)
        w -= 0.05*dw
    print(epoch, loss)
""", ('dw = 2*xb.T@err/len(tb)', 'dw = 2*xb.T@err/len(T)')),
    script('grad check inside', """
w = np.random.randn(4)
x = np.random.randn(4)
f = np.tanh(w@x)
df = 1 - f**2
dw = df*x
num = np.zeros(4)
h = 1e-5
for i in range(4):
    wp = w.copy(); wp[i] += h
    wm = w.copy(); wm[i] -= h
    num[i] = (np.tanh(wp@x)-np.tanh(wm@x))/(2*h)
rel_error = np.max(np.abs(num-dw))
""", ('dw = df*x', 'dw = f*x')),
    script('numerical grad named', """
w = np.random.randn(4)
x = np.random.randn(4)
loss = np.tanh(w@x)
dw = (1-loss**2)*x
num_grad = np.zeros(4)
for i in range(4):
    wp = w.copy(); wp[i] += 1e-5
    wm = w.copy(); wm[i] -= 1e-5
    num_grad[i] = (np.tanh(wp@x)-np.tanh(wm@x))/2e-5
""", ('dw = (1-loss**2)*x', 'dw = (1+loss**2)*x')),
    script('batchnorm', """
N, D = 6, 3
x = np.random.randn(N, D); gamma = np.random.rand(D)+0.5; beta = np.random.randn(D)
G = np.random.randn(N, D)
mu = x.mean(axis=0)
xc = x - mu
var = np.mean(xc**2, axis=0)
std = np.sqrt(var + 1e-5)
xhat = xc/std
out = gamma*xhat + beta
loss = np.sum(out*G)
dout = G
dbeta = dout.sum(axis=0)
dgamma = np.sum(dout*xhat, axis=0)
dxhat = dout*gamma
dstd = np.sum(dxhat*xc, axis=0)*(-1/std**2)
dvar = 0.5*dstd/std
dxc = dxhat/std + 2*xc*dvar/N
dmu = -np.sum(dxc, axis=0)
dx = dxc + dmu/N
""", ('dx = dxc + dmu/N', 'dx = dxc + dmu')),
    script('conv naive loops', """
x = np.random.randn(2,6,6); w = np.random.randn(3,2,3,3); b = np.zeros(3)
F, C, HH, WW = w.shape
out = np.zeros((F,4,4))
for f in range(F):
    for i in range(4):
        for j in range(4):
            out[f,i,j] = np.sum(x[:,i:i+3,j:j+3]*w[f]) + b[f]
loss = 0.5*np.sum(out**2)
dout = out
dx = np.zeros_like(x); dw = np.zeros_like(w); db = np.zeros_like(b)
for f in range(F):
    for i in range(4):
        for j in range(4):
            dx[:,i:i+3,j:j+3] += w[f]*dout[f,i,j]
            dw[f] += x[:,i:i+3,j:j+3]*dout[f,i,j]
            db[f] += dout[f,i,j]
""", ('db[f] += dout[f,i,j]', 'db[f] = dout[f,i,j]')),
    script('weight decay', """
X = np.random.randn(5,3); y = np.array([0,1,2,1,0]); W = np.random.randn(3,3)*0.1; reg = 0.1
scores = X.dot(W)
exp_scores = np.exp(scores)
probs = exp_scores/np.sum(exp_scores, axis=1, keepdims=True)
data_loss = np.sum(-np.log(probs[range(5), y]))/5
reg_loss = 0.5*reg*np.sum(W*W)
loss = data_loss + reg_loss
dscores = probs
dscores[range(5), y] -= 1
dscores /= 5
dW = np.dot(X.T, dscores)
dW += reg*W
W += -1.0*dW
""", ('dW += reg*W', 'dW += 2*reg*W')),
    script('reg forgotten, planted clip', """
X = np.random.randn(5,3); T = np.random.randn(5); w = np.random.randn(3)
loss = np.sum((X@w-T)**2)
dw = 2*X.T@(X@w-T)
norm = np.linalg.norm(dw)
if norm > 0.5:
    dw = dw*0.5/norm
w = w - 0.1*dw
""", ('dw = 2*X.T@(X@w-T)', 'dw = X.T@(X@w-T)')),
    script('zero grads in loop', """
W = np.random.randn(3,2); X = np.random.randn(5,3); T = np.random.randn(5,2)
dW = np.zeros_like(W)
for it in range(3):
    dW[:] = 0
    Y = X@W
    loss = np.sum((Y-T)**2)
    dW += 2*X.T@(Y-T)
    W -= 0.01*dW
    dW.fill(0)
""", ('dW += 2*X.T@(Y-T)', 'dW += X.T@(Y-T)')),
    script('while convergence', """
x = 3.0
lr = 0.1
grad = 1.0
while abs(grad) > 1e-6:
    f = (x-1)**2 + 0.5*x
    grad = 2*(x-1) + 0.5
    x = x - lr*grad
print(x)
""", ('grad = 2*(x-1) + 0.5', 'grad = 2*(x-1)')),
    script('newton method', """
x = 3.0
for k in range(5):
    f = x**3 - 2*x
    df = 3*x**2 - 2
    x = x - f/df
print(x)
"""),
    script('rosenbrock', """
x, y = -1.2, 1.0
for k in range(100):
    f = (1-x)**2 + 100*(y-x**2)**2
    dfdx = -2*(1-x) - 400*x*(y-x**2)
    dfdy = 200*(y-x**2)
    x -= 1e-3*dfdx
    y -= 1e-3*dfdy
""", ('dfdy = 200*(y-x**2)', 'dfdy = 100*(y-x**2)')),
    script('adjoint ode', """
dt = 0.1; N = 10
k = 0.7
u = np.zeros(N+1); u[0] = 1.0
for n in range(N):
    u[n+1] = u[n] - dt*k*u[n]
J = 0.5*u[N]**2
lam = u[N]
dJ_dk = 0.0
for n in reversed(range(N)):
    dJ_dk += lam*(-dt*u[n])
    lam = lam*(1 - dt*k)
""", ('dJ_dk += lam*(-dt*u[n])', 'dJ_dk += lam*(-dt*u[n+1])')),
    script('heat with du, data misfit', """
dx = 0.1; dt = 0.002
u0 = np.sin(np.linspace(0,3,8))
obs = np.zeros(8)
u = u0
for n in range(4):
    lap = (np.roll(u,1)-2*u+np.roll(u,-1))/dx**2
    u = u + dt*lap
misfit = 0.5*np.sum((u-obs)**2)*dx
g = (u-obs)*dx
for n in range(4):
    g = g + dt*(np.roll(g,1)-2*g+np.roll(g,-1))/dx**2
du0 = g
""", ('du0 = g', 'du0 = g/dx')),
    script('np.gradient', """
x = np.linspace(0,1,50)
dx = x[1]-x[0]
y = np.sin(x)
dydx = np.gradient(y, dx)
err = np.max(np.abs(dydx-np.cos(x)))
print(err)
""", status=2),
    script('derivative exact array', """
x = np.linspace(0,1,5)
y = np.sin(x)
dydx = np.cos(x)
"""),
    script('finite diff slope', """
f = lambda v: v**3
x = 2.0
h = 1e-4
df = (f(x+h)-f(x-h))/(2*h)
print(df)
""", status=2),
    script('physics', """
g = 9.81
dt = 0.01
x, v = 0.0, 10.0
xs = []
for i in range(50):
    dv = -g*dt
    v += dv
    dx = v*dt
    x += dx
    xs.append(x)
height = max(xs)
print(height)
"""),
    script('loss printed under if only', """
W = np.random.randn(3,2); X = np.random.randn(5,3); T = np.random.randn(5,2)
for it in range(30):
    Y = X@W
    E = Y-T
    if it % 10 == 0:
        loss = np.sum(E**2)
        print(loss)
    dW = 2*X.T@E
    W -= 0.01*dW
""", ('dW = 2*X.T@E', 'dW = 3*X.T@E')),
    script('losses list append', """
w = 0.5; losses = []; xs = np.arange(4.0); ts = 2*xs
for it in range(30):
    pred = w*xs
    losses.append(np.mean((pred-ts)**2))
    grad = np.mean(2*(pred-ts)*xs)
    w -= 0.01*grad
""", ('grad = np.mean(2*(pred-ts)*xs)', 'grad = np.mean((pred-ts)*xs)')),
    script('two losses', """
a = np.random.randn(3); b = np.random.randn(3)
l1 = np.sum((a-b)**2)
l2 = np.sum(a**2)
loss = l1 + 0.1*l2
da = 2*(a-b) + 0.2*a
db = -2*(a-b)
""", ('db = -2*(a-b)', 'db = 2*(a-b)')),
    script('layers list objects', """
class Linear:
    def __init__(self, n, m):
        self.W = np.random.randn(n,m)*0.3
        self.b = np.zeros(m)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = d.sum(0)
        return d @ self.W.T
layers = [Linear(3,4), Linear(4,2)]
x = np.random.randn(5,3); t = np.random.randn(5,2)
out = x
for layer in layers:
    out = layer.forward(out)
loss = np.sum((out-t)**2)
grad = 2*(out-t)
for layer in reversed(layers):
    grad = layer.backward(grad)
for layer in layers:
    layer.W -= 0.1*layer.dW
    layer.b -= 0.1*layer.db
""", ('self.dW = self.x.T @ d', 'self.dW = self.x.T @ d / 2')),
    script('h named gradient of hidden bound again', """
X = np.random.randn(5,3); W1 = np.random.randn(3,4); W2 = np.random.randn(4,2); T = np.random.randn(5,2)
a = X@W1
a = np.maximum(0,a)
s = a@W2
loss = np.sum((s-T)**2)
ds = 2*(s-T)
dW2 = a.T@ds
da = ds@W2.T
da[a<=0] = 0
dW1 = X.T@da
""", ('da[a<=0] = 0', 'da[a>=0] = 0')),
    script('step via numpy ufunc out', """
W = np.random.randn(3,2); X = np.random.randn(5,3); T = np.random.randn(5,2)
for k in range(3):
    E = X@W-T
    loss = np.sum(E*E)
    dW = 2*X.T@E
    np.subtract(W, 0.1*dW, out=W)
""", ('dW = 2*X.T@E', 'dW = X.T@E')),
    script('theta vector', """
X = np.c_[np.ones(6), np.random.randn(6)]; y = np.random.randn(6); theta = np.zeros(2); m = 6; alpha = 0.1
for it in range(100):
    h = X @ theta
    J = np.sum((h-y)**2)/(2*m)
    theta = theta - alpha*(1/m)*X.T@(h-y)
""", status=3),
    script('theta grad delta', """
X = np.c_[np.ones(6), np.random.randn(6)]; y = np.random.randn(6); theta = np.zeros(2); m = 6; alpha = 0.1
for it in range(100):
    h = X @ theta
    J = np.sum((h-y)**2)/(2*m)
    delta = (1/m)*X.T@(h-y)
    theta = theta - alpha*delta
""", ('delta = (1/m)*X.T@(h-y)', 'delta = X.T@(h-y)')),
    script('main func script', """
def train():
    w = 1.0
    for i in range(3):
        loss = (w-2)**2
        dw = 2*(w-2)
        w -= 0.1*dw
    return w
print(train())
""", status=2),
    script('relu mask function + dict cache', """
def relu(z): return np.maximum(0,z)
X = np.random.randn(6,3); y = (np.random.rand(6,1)>0.5)*1.0
W1 = np.random.randn(3,4); b1 = np.zeros((1,4)); W2 = np.random.randn(4,1); b2 = np.zeros((1,1))
def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = relu(Z1)
    Z2 = A1 @ params["W2"] + params["b2"]
    A2 = 1/(1+np.exp(-Z2))
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
for i in range(10):
    A2, cache = forward(X, params)
    m = X.shape[0]
    cost = -np.mean(y*np.log(A2) + (1-y)*np.log(1-A2))
    dZ2 = A2 - y
    dW2 = cache["A1"].T @ dZ2 / m
    db2 = np.sum(dZ2, axis=0, keepdims=True) / m
    dZ1 = (dZ2 @ params["W2"].T) * (cache["Z1"] > 0)
    dW1 = X.T @ dZ1 / m
    db1 = np.sum(dZ1, axis=0, keepdims=True) / m
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    for k in params:
        params[k] = params[k] - 0.1*grads["d"+k]
""", ('dW1 = X.T @ dZ1 / m', 'dW1 = X.T @ dZ1')),
    script('backward function returns grads', """
X = np.random.randn(6,3); T = np.random.randn(6,2)
params = {"W": np.random.randn(3,2), "b": np.zeros(2)}
def forward(p): return X @ p["W"] + p["b"]
def backward(p, Y):
    dY = 2*(Y-T)/Y.size
    return {"W": X.T @ dY, "b": dY.sum(axis=0)}
for epoch in range(3):
    Y = forward(params)
    loss = np.mean((Y-T)**2)
    grads = backward(params, Y)
    for k in params:
        params[k] -= 0.1*grads[k]
""", ('"b": dY.sum(axis=0)', '"b": dY.mean(axis=0)')),
    script('loss_and_grads function', """
X = np.random.randn(6,3); T = np.random.randn(6)
w = np.random.randn(3)
def loss_and_grad(w):
    r = X@w-T
    return np.mean(r**2), 2*X.T@r/len(T)
for k in range(5):
    loss, grad = loss_and_grad(w)
    w -= 0.1*grad
""", ('2*X.T@r/len(T)', '2*X.T@r')),
    script('adam class', """
class Adam:
    def __init__(self, lr=0.01):
        self.lr=lr; self.t=0; self.m={}; self.v={}
    def update(self, params, grads):
        self.t += 1
        for k in params:
            self.m[k] = 0.9*self.m.get(k,0)+0.1*grads[k]
            self.v[k] = 0.99*self.v.get(k,0)+0.01*grads[k]**2
            params[k] -= self.lr*self.m[k]/(np.sqrt(self.v[k])+1e-8)
X = np.random.randn(6,3); T = np.random.randn(6,2)
params = {"W": np.random.randn(3,2)}
opt = Adam()
for epoch in range(3):
    Y = X @ params["W"]
    loss = np.mean((Y-T)**2)
    grads = {"W": 2*X.T@(Y-T)/Y.size}
    opt.update(params, grads)
""", ('2*X.T@(Y-T)/Y.size', '2*X.T@(Y-T)')),
    script('rmsprop cache dicts', """
W = np.random.randn(3,2); X = np.random.randn(6,3); T = np.random.randn(6,2)
cache = np.zeros_like(W)
for e in range(4):
    E = X@W-T
    loss = 0.5*np.sum(E**2)
    dW = X.T@E
    cache = 0.9*cache + 0.1*dW**2
    W += -0.01*dW/(np.sqrt(cache)+1e-8)
""", ('dW = X.T@E', 'dW = X.T@E + W')),
    script('momentum v dict', """
params = {"W": np.random.randn(3,2), "b": np.zeros(2)}; v = {"W": 0, "b": 0}
X = np.random.randn(6,3); T = np.random.randn(6,2)
for e in range(4):
    Y = X@params["W"]+params["b"]
    loss = np.sum((Y-T)**2)
    dY = 2*(Y-T)
    g = {"W": X.T@dY, "b": dY.sum(0)}
    for k in params:
        v[k] = 0.9*v[k] + g[k]
        params[k] -= 0.01*v[k]
""", ('"b": dY.sum(0)', '"b": dY.sum()')),
    script('delta names', """
X = np.random.randn(6,3); y = np.random.rand(6,1); syn0 = np.random.randn(3,4); syn1 = np.random.randn(4,1)
def nonlin(x, deriv=False):
    if deriv: return x*(1-x)
    return 1/(1+np.exp(-x))
for j in range(10):
    l0 = X
    l1 = nonlin(l0@syn0)
    l2 = nonlin(l1@syn1)
    l2_error = y - l2
    if j % 5 == 0:
        print("Error:", np.mean(np.abs(l2_error)))
    l2_delta = l2_error*nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error*nonlin(l1, deriv=True)
    syn1 += l1.T.dot(l2_delta)
    syn0 += l0.T.dot(l1_delta)
""", status=2),
    script('trask with loss', """
X = np.random.randn(6,3); y = np.random.rand(6,1); syn0 = np.random.randn(3,4); syn1 = np.random.randn(4,1)
for j in range(10):
    l1 = 1/(1+np.exp(-X@syn0))
    l2 = 1/(1+np.exp(-l1@syn1))
    loss = 0.5*np.sum((l2-y)**2)
    l2_delta = (l2-y)*l2*(1-l2)
    l1_delta = l2_delta.dot(syn1.T)*l1*(1-l1)
    grad_syn1 = l1.T.dot(l2_delta)
    grad_syn0 = X.T.dot(l1_delta)
    syn1 -= grad_syn1
    syn0 -= grad_syn0
""", ('l1_delta = l2_delta.dot(syn1.T)*l1*(1-l1)', 'l1_delta = l2_delta.dot(syn1.T)*l1')),
    script('pgd projected', """
A = np.random.randn(5,3); b = np.random.randn(5); x = np.zeros(3)
for k in range(20):
    r = A@x-b
    f = 0.5*r@r
    g = A.T@r
    x = np.maximum(x - 0.05*g, 0)
""", ('g = A.T@r', 'g = A.T@b')),
    script('line search', """
A = np.random.randn(5,3); b = np.random.randn(5); x = np.random.randn(3)
def obj(x): return 0.5*np.sum((A@x-b)**2)
for k in range(3):
    f = obj(x)
    g = A.T@(A@x-b)
    t = 1.0
    while obj(x-t*g) > f - 0.5*t*g@g:
        t *= 0.5
    x = x - t*g
""", ('g = A.T@(A@x-b)', 'g = A.T@A@x')),
    script('conjugate gradient', """
A = np.random.randn(4,4); A = A@A.T+np.eye(4); b = np.random.randn(4); x = np.zeros(4)
r = b-A@x; p = r.copy()
for k in range(4):
    Ap = A@p
    alpha = r@r/(p@Ap)
    x = x+alpha*p
    rn = r-alpha*Ap
    beta = rn@rn/(r@r)
    p = rn+beta*p
    r = rn
print(x)
""", status=2),
    script('wave equation', """
nx, nt = 20, 30; dx = 1/nx; dt = 0.01; c = 1.0
u = np.exp(-100*(np.linspace(0,1,nx)-0.5)**2); u_prev = u.copy()
for n in range(nt):
    d2u = np.zeros(nx)
    d2u[1:-1] = (u[2:]-2*u[1:-1]+u[:-2])/dx**2
    u_next = 2*u-u_prev+dt**2*c**2*d2u
    u_prev, u = u, u_next
print(u.max())
""", status=2),
    script('euler params fit', """
dt = 0.05; k = 1.3; T = 8
x = np.zeros(T+1); x[0] = 1.0; v = np.zeros(T+1)
for n in range(T):
    v[n+1] = v[n] - dt*k*x[n]
    x[n+1] = x[n] + dt*v[n]
loss = (x[T]-0.2)**2
dx = np.zeros(T+1); dv = np.zeros(T+1); dk = 0.0
dx[T] = 2*(x[T]-0.2)
for n in reversed(range(T)):
    dx[n] += dx[n+1] - dt*k*dv[n+1]
    dk += -dt*x[n]*dv[n+1]
    dv[n] += dv[n+1] + dt*dx[n+1]
""", ('dv[n] += dv[n+1] + dt*dx[n+1]', 'dv[n] += dv[n+1] + dx[n+1]')),
    script('pandas-like plotting', """
import math
xs = [i*0.1 for i in range(30)]
ys = [math.sin(x) for x in xs]
slopes = [(ys[i+1]-ys[i])/0.1 for i in range(29)]
print(max(slopes))
""", status=2),
    script('softmax helper', """
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e/e.sum(axis=1, keepdims=True)
X = np.random.randn(6,3); y = np.array([0,1,1,0,2,2]); W = np.random.randn(3,3)
probs = softmax(X @ W)
loss = -np.mean(np.log(probs[np.arange(6), y]))
dprobs = probs.copy()
dprobs[np.arange(6), y] -= 1
dprobs /= 6
dW = X.T @ dprobs
""", ('dprobs /= 6', 'dprobs /= 5')),
    script('only middle, unnamed scores, no dW', """
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e/e.sum(axis=1, keepdims=True)
X = np.random.randn(6,3); y = np.array([0,1,1,0,2,2]); W = np.random.randn(3,3)
scores = X @ W
probs = softmax(scores)
loss = -np.mean(np.log(probs[np.arange(6), y]))
dscores = probs
dscores[np.arange(6), y] -= 1
dscores /= 6
""", ('dscores /= 6', 'dscores /= 5')),
    script('y grads by tape dict of lists', """
layers = [{"W": np.random.randn(3,4), "b": np.zeros(4)}, {"W": np.random.randn(4,2), "b": np.zeros(2)}]
X = np.random.randn(6,3); T = np.random.randn(6,2)
acts = [X]
for layer in layers:
    acts.append(np.tanh(acts[-1] @ layer["W"] + layer["b"]))
loss = np.sum((acts[-1]-T)**2)
delta = 2*(acts[-1]-T)
grads = [None, None]
for k in (1, 0):
    delta = delta*(1-acts[k+1]**2)
    grads[k] = {"W": acts[k].T @ delta, "b": delta.sum(0)}
    delta = delta @ layers[k]["W"].T
for layer, g in zip(layers, grads):
    layer["W"] -= 0.1*g["W"]
    layer["b"] -= 0.1*g["b"]
""", ('"b": delta.sum(0)', '"b": delta.mean(0)')),
    script('update in place of list by index, layer step inside backward loop', """
W = [np.random.randn(3,4), np.random.randn(4,2)]
X = np.random.randn(6,3); T = np.random.randn(6,2)
for it in range(3):
    a = [X]
    for k in range(2): a.append(np.tanh(a[-1] @ W[k]))
    loss = np.sum((a[-1]-T)**2)
    delta = 2*(a[-1]-T)
    for k in (1,0):
        delta = delta*(1-a[k+1]**2)
        dW = a[k].T @ delta
        delta = delta @ W[k].T
        W[k] -= 0.01*dW
""", ('dW = a[k].T @ delta', 'dW = 2*a[k].T @ delta')),
    script('layer step bug', """
W = [np.random.randn(3,4), np.random.randn(4,2)]; dW = [0, 0]
X = np.random.randn(6,3); T = np.random.randn(6,2)
for it in range(3):
    a = [X]
    for k in range(2): a.append(np.tanh(a[-1] @ W[k]))
    loss = np.sum((a[-1]-T)**2)
    delta = 2*(a[-1]-T)
    for k in (1,0):
        delta = delta*(1-a[k+1]**2)
        dW[k] = a[k].T @ delta
        back = delta @ W[k].T
        W[k] -= 0.5*dW[k]
        delta = back
""", ('back = delta @ W[k].T\n        W[k] -= 0.5*dW[k]', 'W[k] -= 0.5*dW[k]\n        back = delta @ W[k].T')),
    script('gan-like two losses named', """
a = np.random.randn(3); b = np.random.randn(3)
loss_a = np.sum((a-b)**2)
da = 2*(a-b)
loss_b = np.sum((a*b)**2)
db = 2*(a*b)*a
""", ('da = 2*(a-b)', 'da = 2*(a+b)')),
    script('global w function update', """
w = 2.0
def step(lr):
    global w
    loss = (w-1)**2
    dw = 2*(w-1)
    w -= lr*dw
    return loss
for i in range(3): print(step(0.1))
""", status=2),
    script('list python numbers', """
xs=[1.0,2.0,3.0,4.0]; ts=[2.0,4.0,6.0,8.0]
w=0.3; b=0.0; lr=0.01
for epoch in range(1000):
    loss=0.0; dw=0.0; db=0.0
    for x,t in zip(xs,ts):
        y=w*x+b
        loss+=(y-t)**2
        dw+=2*(y-t)*x
        db+=2*(y-t)
    w-=lr*dw/len(xs)
    b-=lr*db/len(xs)
""", ('db+=2*(y-t)', 'db+=(y-t)')),
    script('sgd accumulate loss', """
xs=[1.0,2.0,3.0,4.0]; ts=[2.0,4.0,6.0,8.0]
w=0.3; b=0.0; lr=0.01
for epoch in range(1000):
    total=0.0
    for x,t in zip(xs,ts):
        y=w*x+b
        e=(y-t)**2
        total+=e
        dw=2*(y-t)*x
        db=2*(y-t)
        w-=lr*dw
        b-=lr*db
    if epoch%100==0: print(total)
""", ('dw=2*(y-t)*x', 'dw=3*(y-t)*x')),
    script('sgd accumulate named loss', """
xs=[1.0,2.0,3.0,4.0]; ts=[2.0,4.0,6.0,8.0]
w=0.3; lr=0.01
for epoch in range(1000):
    loss=0.0
    for x,t in zip(xs,ts):
        y=w*x
        loss+=(y-t)**2
        dw=2*(y-t)*x
        w-=lr*dw
    print(loss)
""", ('dw=2*(y-t)*x', 'dw=3*(y-t)*x')),
    script('rnn leaky accumulate', """
W=np.random.randn(3,3)*0.3; x=np.random.randn(5,3); h=np.zeros(3); loss=0.0; hs=[h]
for t in range(5):
    new=np.tanh(W@h+x[t])
    h=0.5*h+0.5*new
    hs.append(h)
    loss+=np.sum(h**2)
dW=np.zeros_like(W); dh=np.zeros(3)
for t in reversed(range(5)):
    dh=dh+2*hs[t+1]
    new=np.tanh(W@hs[t]+x[t])
    dz=0.5*dh*(1-new**2)
    dW+=np.outer(dz,hs[t])
    dh=0.5*dh+W.T@dz
""", ('dh=0.5*dh+W.T@dz', 'dh=dh+W.T@dz')),
    script('2 passes unrolled', """
x=2.0; t=1.0; w=0.5
y=w*x
loss=(y-t)**2
dw=2*(y-t)*x
w=w-0.1*dw
y=w*x
loss=(y-t)**2
dw=2*(y-t)*x
w=w-0.1*dw
"""),
    script('loss after', """
x=2.0; t=1.0; w=0.5
y=w*x
loss=(y-t)**2
dw=2*(y-t)*x
w=w-0.1*dw
loss=(w*x-t)**2
print(loss)
"""),
    script('validation in loop', """
X=np.random.randn(20,3); T=np.random.randn(20); Xv=np.random.randn(5,3); Tv=np.random.randn(5); w=np.zeros(3)
for e in range(10):
    p=X@w
    loss=np.mean((p-T)**2)
    dw=2*X.T@(p-T)/len(T)
    w-=0.1*dw
    val_loss=np.mean((Xv@w-Tv)**2)
    print(loss,val_loss)
""", ('dw=2*X.T@(p-T)/len(T)', 'dw=2*X.T@(p-T)')),
    script('typing/dataclass', """
from dataclasses import dataclass
@dataclass
class P:
    w: float
    b: float
p=P(1.0,2.0); g=P(0.0,0.0)
x=3.0
loss=(p.w*x+p.b)**2
g.w=2*(p.w*x+p.b)*x
g.b=2*(p.w*x+p.b)
p.w-=0.1*g.w
p.b-=0.1*g.b
""", ('g.b=2*(p.w*x+p.b)\n', 'g.b=2*(p.w*x+p.b)*x\n')),
    script('matrix fact', """
R=np.random.rand(4,5); P=np.random.rand(4,2); Q=np.random.rand(2,5); lam=0.02; alpha=0.01
for step in range(50):
    E=R-P@Q
    loss=np.sum(E**2)+lam*(np.sum(P**2)+np.sum(Q**2))
    P_grad=-2*E@Q.T+2*lam*P
    Q_grad=-2*P.T@E+2*lam*Q
    P-=alpha*P_grad
    Q-=alpha*Q_grad
""", ('P_grad=-2*E@Q.T+2*lam*P', 'P_grad=-2*E@Q.T+lam*P')),
    script('gradient, step, then loss', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3)
for k in range(5):
    dw = 2*X.T@(X@w-T)/len(T)
    w -= 0.1*dw
    loss = np.mean((X@w-T)**2)
""", ('dw = 2*X.T@(X@w-T)/len(T)', 'dw = X.T@(X@w-T)/len(T)')),
    script('E array, sse', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3)
E = X@w-T
sse = np.sum(E**2)
dw = 2*X.T@E
""", ('dw = 2*X.T@E', 'dw = X.T@E')),
    script('monitor mse', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3)
E = X@w-T
loss = np.sum(E**2)
rmse = np.mean(E**2)
dw = 2*X.T@E
""", ('dw = 2*X.T@E', 'dw = 2*X.T@E/6')),
    script('norm wrong', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3)
E = X@w-T
loss = np.sum(E**2)
dw = 2*X.T@E
dw = dw / np.linalg.norm(dw)
w -= 0.1*dw
""", ('dw = dw / np.linalg.norm(dw)', 'dw = dw / np.linalg.norm(X)')),
    script('clip helper', """
def clip_gradients(grads, limit):
    total = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    if total > limit:
        for k in grads: grads[k] *= limit/total
X=np.random.randn(6,3); T=np.random.randn(6); p={"w":np.random.randn(3)}
E = X@p["w"]-T
loss = np.sum(E**2)
grads = {"w": 2*X.T@E}
clip_gradients(grads, 0.5)
p["w"] = p["w"] - 0.1*grads["w"]
""", ('2*X.T@E', 'X.T@E')),
    script('grads comprehension clip', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3); b=0.0
E = X@w+b-T
loss = np.mean(E**2)
grads = [2*X.T@E/6, 2*np.mean(E)]
grads = [np.clip(g, -0.1, 0.1) for g in grads]
params = [w, b]
params = [p - 0.1*g for p, g in zip(params, grads)]
w, b = params
""", status=2),
    script('lr decay and early stop', """
X=np.random.randn(6,3); T=np.random.randn(6); w=np.random.randn(3); lr=0.1; best=1e9
for epoch in range(50):
    loss = np.mean((X@w-T)**2)
    if loss < 1e-6: break
    grad_w = 2*X.T@(X@w-T)/len(T)
    if loss < best:
        best = loss
        best_w = w.copy()
    w = w - lr*grad_w
    if epoch % 10 == 9: lr *= 0.5
""", ('grad_w = 2*X.T@(X@w-T)/len(T)', 'grad_w = 2*X.T@(X@w-T)')),
    script('multi gaussian mixture like', """
x=np.random.randn(20); mu=0.3; log_s=0.1
nll = 0.0
z=(x-mu)/np.exp(log_s)
nll = np.mean(0.5*z**2)+log_s
dmu = np.mean(-z)/np.exp(log_s)
dlog_s = 1-np.mean(z**2)
""", ('dlog_s = 1-np.mean(z**2)', 'dlog_s = 1+np.mean(z**2)')),
    script('word2vec sparse', """
V=np.random.randn(8,3)*0.3; U=np.random.randn(8,3)*0.3
for c,o,neg in [(1,2,[3,4]),(2,5,[6,7])]:
    v=V[c]
    s1=1/(1+np.exp(-U[o]@v))
    s2=1/(1+np.exp(U[neg]@v))
    loss=-np.log(s1)-np.sum(np.log(s2))
    gV=(s1-1)*U[o]+(1-s2)@U[neg]
    V[c]-=0.1*gV
""", status=3),
    script('embedding grads', """
E=np.random.randn(8,3)*0.3; W=np.random.randn(3,2); ids=np.array([1,4,1]); T=np.random.randn(3,2)
h=E[ids]
y=h@W
loss=np.sum((y-T)**2)
dy=2*(y-T)
dW=h.T@dy
dh=dy@W.T
dE=np.zeros_like(E)
np.add.at(dE, ids, dh)
""", ('np.add.at(dE, ids, dh)', 'dE[ids] += dh')),
    script('transposed conv sums', """
A=np.random.randn(4,3); b=np.random.randn(4)
x=np.zeros(3)
def f(x): return 0.5*np.sum((A@x-b)**2)
def grad_f(x): return A.T@(A@x-b)
for i in range(3):
    x = x - 0.01*grad_f(x)
print(f(x))
""", status=2),
    script('fd gradient descent', """
def f(w): return np.sum((w-1)**2)
w=np.zeros(3); h=1e-5
for it in range(5):
    grad=np.zeros(3)
    for i in range(3):
        e=np.zeros(3); e[i]=h
        grad[i]=(f(w+e)-f(w-e))/(2*h)
    loss=f(w)
    w-=0.1*grad
"""),
    script('saved with pickle-like prints', """
import time, os, sys
start=time.time()
X=np.random.randn(6,3); T=np.random.randn(6); w=np.zeros(3)
history={'loss':[]}
for it in range(10):
    pred=X@w
    loss=np.mean((pred-T)**2)
    history['loss'].append(loss)
    dw=2*X.T@(pred-T)/T.size
    w-=0.1*dw
print(f"took {time.time()-start:.1f}s, loss {history['loss'][-1]:.4f}")
""", ('dw=2*X.T@(pred-T)/T.size', 'dw=2*X.T@(pred-T)/3')),
    script("a bias with an axis more", """
X = np.random.randn(5, 3); T = np.random.randn(5, 2); W = np.random.randn(3, 2); b = np.zeros((1, 2))
Y = X @ W + b
loss = np.sum((Y - T)**2)
dY = 2 * (Y - T)
dW = X.T @ dY
db = np.sum(dY, axis=0)
b -= 0.1 * db
""", ("db = np.sum(dY, axis=0)", "db = np.mean(dY, axis=0)")),
    script("a bias that is not summed", """
X = np.random.randn(5, 3); T = np.random.randn(5, 2); W = np.random.randn(3, 2); b = np.zeros(2)
Y = X @ W + b
loss = np.sum((Y - T)**2)
dY = 2 * (Y - T)
dW = X.T @ dY
db = np.sum(dY, axis=0)
""", ("db = np.sum(dY, axis=0)", "db = dY")),
    script("zeros beside a number that has nothing to do with them", """
X = np.random.randn(8, 3); T = np.random.randn(8); N = len(T); half = 0.5 * N
w = np.random.randn(3)
for epoch in range(4):
    r = X @ w - T
    loss = np.sum(r**2) / N
    dw = 2 * X.T @ r / N
    w -= 0.1 * dw
""", ("dw = 2 * X.T @ r / N", "dw = np.zeros(3)")),
    script("zeros on the way back", """
X = np.random.randn(8, 3); T = np.random.randn(8, 2)
W1 = np.random.randn(3, 4); W2 = np.random.randn(4, 2)
for epoch in range(4):
    h = np.tanh(X @ W1)
    Y = h @ W2
    loss = np.sum((Y - T)**2)
    dY = 2 * (Y - T)
    dW2 = h.T @ dY
    dh = dY @ W2.T
    dW1 = X.T @ (dh * (1 - h**2))
    W1 -= 0.1 * dW1
    W2 -= 0.1 * dW2
""", ("dh = dY @ W2.T", "dh = 0 * dY @ W2.T")),
    script("a step of nothing", """
X = np.random.randn(8, 3); T = np.random.randn(8)
w = np.random.randn(3)
for epoch in range(4):
    r = X @ w - T
    loss = np.sum(r**2)
    v = 2 * X.T @ r
    w = w - 0.1 * v
""", ("v = 2 * X.T @ r", "v = 0 * X.T @ r")),
    script("a rate of zero", """
X = np.random.randn(8, 3); T = np.random.randn(8)
w = np.random.randn(3); rate = 0.0
for epoch in range(4):
    r = X @ w - T
    loss = np.sum(r**2)
    v = 2 * X.T @ r
    w -= rate * v
""", ("v = 2 * X.T @ r", "v = 3 * X.T @ r")),
    script("dy beside labels y", """
X = np.random.randn(8, 3); y = np.random.randn(8, 2); W = np.random.randn(3, 2)
for epoch in range(4):
    out = X @ W
    loss = np.sum((out - y)**2)
    dy = 2 * (out - y)
    dW = X.T @ dy
    W -= 0.1 * dW
""", ("dy = 2 * (out - y)", "dy = out - y")),
    script("dX of data that is wrong by itself", """
X = np.random.randn(8, 3); y = np.random.randn(8, 2); W = np.random.randn(3, 2)
out = X @ W
loss = np.sum((out - y)**2)
dout = 2 * (out - y)
dW = X.T @ dout
dX = dout @ W.T
""", ("dX = dout @ W.T", "dX = 0 * dout @ W.T")),
    script("losses of training and of validation in lists", """
X = np.random.randn(8, 3); T = np.random.randn(8); Xv = np.random.randn(4, 3); Tv = np.random.randn(4)
w = np.random.randn(3); train_losses = []; val_losses = []
for epoch in range(4):
    r = X @ w - T
    train_losses.append(np.mean(r**2))
    val_losses.append(np.mean((Xv @ w - Tv)**2))
    dw = 2 * X.T @ r / 8
    w -= 0.1 * dw
""", ("dw = 2 * X.T @ r / 8", "dw = X.T @ r / 8")),
    script("losses by longer names", """
X = np.random.randn(8, 3); T = np.random.randn(8); Xv = np.random.randn(4, 3); Tv = np.random.randn(4)
w = np.random.randn(3)
for epoch in range(4):
    r = X @ w - T
    train_loss = np.mean(r**2)
    valid_loss = np.mean((Xv @ w - Tv)**2)
    grad = 2 * X.T @ r / 8
    w = w - 0.1 * grad
""", ("grad = 2 * X.T @ r / 8", "grad = X.T @ r / 8")),
    script("descent on a sum of squares, by a step that says nothing", """
X = np.random.randn(8, 3); T = np.random.randn(8)
coef = np.random.randn(3)
for epoch in range(4):
    r = X @ coef - T
    sse = r @ r
    direction = -2 * X.T @ r
    coef = coef + 0.1 * direction
""", None, 3),
    script("a list of gradients for a helper", """
def descend(params, grads, rate):
    for p, g in zip(params, grads):
        p -= rate * g
X = np.random.randn(8, 3); T = np.random.randn(8, 2); W = np.random.randn(3, 2); b = np.zeros(2)
for epoch in range(4):
    delta = X @ W + b - T
    loss = 0.5 * np.sum(delta**2)
    gradients = [X.T @ delta, delta.sum(0)]
    descend([W, b], gradients, 0.1)
""", ("delta.sum(0)]", "delta.mean(0)]")),
    script("momentum that looks ahead", """
X = np.random.randn(8, 3); T = np.random.randn(8); w = np.random.randn(3); v = np.zeros(3)
for epoch in range(4):
    ahead = w - 0.9 * v
    r = X @ ahead - T
    loss = 0.5 * r @ r
    grad = X.T @ r
    v = 0.9 * v + 0.01 * grad
    w = w - v
""", ("grad = X.T @ r", "grad = 2 * X.T @ r")),
    script("layers that step on their way back", """
class Layer:
    def __init__(self, n, m, bent):
        self.weights = np.random.randn(n, m); self.bias = np.zeros((1, m)); self.bent = bent
    def forward(self, x):
        self.inp = x
        z = x @ self.weights + self.bias
        self.out = np.tanh(z) if self.bent else z
        return self.out
    def backward(self, d, rate):
        if self.bent:
            d = d * (1 - self.out**2)
        self.weights_grad = self.inp.T @ d
        self.bias_grad = d.sum(axis=0, keepdims=True)
        back = d @ self.weights.T
        self.weights -= rate * self.weights_grad
        self.bias -= rate * self.bias_grad
        return back
layers = [Layer(3, 5, True), Layer(5, 1, False)]
X = np.random.randn(8, 3); Y = np.random.randn(8, 1)
for epoch in range(3):
    a = X
    for layer in layers:
        a = layer.forward(a)
    cost = np.mean((a - Y)**2)
    grad = 2 * (a - Y) / Y.size
    for layer in layers[::-1]:
        grad = layer.backward(grad, 0.1)
""", ("(1 - self.out**2)", "(1 - self.out)")),
    script("one gradient for two parameters", """
X = np.random.randn(8, 3); T = np.random.randn(8); w = np.random.randn(3); u = np.zeros(3)
for epoch in range(4):
    r = X @ (w + u) - T
    loss = 0.5 * r @ r
    grad = X.T @ r
    u -= 0.1 * grad
    w -= 0.1 * grad
""", ("(w + u)", "(w + 2 * u)")),
    script("dX of data that a later line makes wrong", """
X = np.random.randn(8, 3); y = np.random.randn(8, 2); W = np.random.randn(3, 2)
for epoch in range(4):
    out = X @ W
    loss = np.sum((out - y)**2)
    dout = 2 * (out - y)
    dW = X.T @ dout
    dX = dout @ W.T
    dX = dX * 1.0
    W -= 0.1 * dW
""", ("dX = dX * 1.0", "dX = dX * 2.0")),
]  # fmt: skip
